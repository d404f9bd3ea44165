#include "dataset/json_rows.hpp"

#include "dataset/errors.hpp"
#include "quality/temp_dir.hpp"

using namespace abgate;
using namespace abgate::dataset;

namespace {

/// "id@line " of each row.
std::string ids(const std::string& path) {
  std::string out;
  for_each_row(path, [&](const JsonRow& row) {
    out += row.label("id") + "@" + std::to_string(row.place().line) + " ";
  });
  return out;
}

std::string complaint_of(const std::string& text) {
  const TempDir dir;
  const std::string path = dir.write("f", text);
  return complaint(path, [&] { ids(path); });
}

}  // namespace

TEST_CASE("Objects come as lines or as one array", "[json_rows]") {
  const TempDir dir;
  CHECK(ids(dir.write("f", "{\"id\":1}\n\n{\"id\":2}\r\n")) == "1@1 2@3 ");
  CHECK(ids(dir.write("f", "\xEF\xBB\xBF{\"id\":1}")) == "1@1 ");
  CHECK(ids(dir.write("f", "\n [{\"id\":1},\n{\"id\":2}\n]\n")) == "1@1 2@2 ");
  CHECK(ids(dir.write_gz("f.gz", "[{\"id\":1},{\"id\":2}]")) == "1@1 2@2 ");
  CHECK(ids(dir.write("f", R"([{"id":"a]}\"{,\\","x":[{"y":[]}]},{"id":2}])")) ==
        "a]}\"{,\\@1 2@2 ");
  CHECK(ids(dir.write("f", "[ ]")).empty());
  CHECK(ids(dir.write("f", "")).empty());
}

TEST_CASE("An array in one line may be longer than any line", "[json_rows]") {
  const TempDir dir;
  const std::string filler(std::size_t{1} << 20, 'x');
  std::string text = "[";
  for (int i = 0; i < 40; ++i) {
    if (i > 0) text += ", ";
    text += "{\"id\":" + std::to_string(i) + ",\"t\":\"" + filler + "\"}";
  }
  REQUIRE(text.size() > kMaxLineBytes);
  const std::string path = dir.write_gz("f.gz", text + "]");
  int next = 0;
  for_each_row(path, [&](const JsonRow& row) {
    CHECK(row.whole("id", 0, 40) == next);
    ++next;
  });
  CHECK(next == 40);
}

TEST_CASE("A broken array is one line with the object's number", "[json_rows]") {
  const std::string cut = ": saw a broken JSON array: the file ends within it, want a closing ]";
  CHECK(complaint_of("[") == ":1" + cut);
  CHECK(complaint_of("[{\"id\":1}") == ":1" + cut);
  CHECK(complaint_of("[{\"id\":1},") == ":2" + cut);
  CHECK(complaint_of("[{\"id\":1},{\"id\":\"]") == ":2" + cut);
  CHECK(complaint_of("[{\"id\":1},]") ==
        ":2:1: saw broken JSON at byte 1, want one JSON object per line");
  CHECK(complaint_of("[{\"id\":1}{\"id\":2}]") ==
        ":1:9: saw broken JSON at byte 9, want one JSON object per line");
  CHECK(complaint_of("[{\"id\":1}}]") ==
        ":1: saw a broken JSON array: a } too many, want JSON objects");
  CHECK(complaint_of("[{\"id\":1}] {\"id\":2}") ==
        ":1: saw text behind the array, want its end");
  CHECK(complaint_of("[{\"id\":1}, 7]") == ":2: saw 7, want a JSON object");
}

TEST_CASE("An object without end stops at the limit, also out of a decompression bomb",
          "[json_rows]") {
  const TempDir dir;
  const std::string path =
      dir.write_gz("bomb.gz", "[{\"id\":\"" + std::string(kMaxLineBytes, 'x') + "\"}]");
  REQUIRE(std::filesystem::file_size(path) < 100'000);
  CHECK(complaint(path, [&] { ids(path); }) ==
        ":1: saw an object above 33554432 bytes, want smaller objects");
}
