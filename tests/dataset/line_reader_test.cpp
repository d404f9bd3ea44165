#include "dataset/line_reader.hpp"

#include <vector>

#include "dataset/errors.hpp"
#include "quality/temp_dir.hpp"

using namespace abgate;
using namespace abgate::dataset;

namespace {

std::vector<std::string> lines(const std::string& path) {
  LineReader reader(path);
  std::vector<std::string> out;
  std::string line;
  while (reader.next(line)) out.push_back(line);
  return out;
}

std::string complaint_of(const std::string& path) {
  return complaint(path, [&] { lines(path); });
}

}  // namespace

TEST_CASE("Lines end with LF, CRLF or the file, plain and gz", "[line_reader]") {
  const TempDir dir;
  const std::vector<std::string> wanted = {"a", "", "b\rc", "d"};
  const std::string text = "a\r\n\nb\rc\nd";
  CHECK(lines(dir.write("plain", text)) == wanted);
  CHECK(lines(dir.write_gz("a.gz", text)) == wanted);
  CHECK(lines(dir.write("ended", text + "\n")) == wanted);
  CHECK(lines(dir.write("empty", "")).empty());
}

TEST_CASE("A line is counted and may cross the read buffer", "[line_reader]") {
  const TempDir dir;
  const std::string longer(200'000, 'x');
  LineReader reader(dir.write("f", "1\n" + longer + "\n3\n"));
  std::string line;
  REQUIRE(reader.next(line));
  REQUIRE(reader.next(line));
  CHECK(line == longer);
  CHECK(reader.line() == 2);
  REQUIRE(reader.next(line));
  CHECK(line == "3");
  CHECK_FALSE(reader.next(line));
}

TEST_CASE("What is wrong with a file is one line with its place", "[line_reader]") {
  const TempDir dir;
  CHECK(complaint_of(dir.at("absent")) == ": saw No such file or directory, want a readable file");
  CHECK(complaint_of(dir.path()) == ": saw a directory, want a file");
  CHECK(complaint_of(dir.write("nul", std::string("ab\nc\0d\n", 7))) ==
        ":2:2: saw a NUL byte, want text");
  CHECK(complaint_of(dir.write("named.gz", "plain\n")) ==
        ": saw no gzip header, want a gzip file, as its name says");
}

TEST_CASE("A line without end stops at the limit, also out of a decompression bomb",
          "[line_reader]") {
  const TempDir dir;
  const std::string bomb = "ok\n" + std::string(kMaxLineBytes + 1, 'x');
  const std::string path = dir.write_gz("bomb.gz", bomb);
  REQUIRE(std::filesystem::file_size(path) < 100'000);
  CHECK(complaint_of(path) == ":2: saw a line above 33554432 bytes, want shorter lines");
}
