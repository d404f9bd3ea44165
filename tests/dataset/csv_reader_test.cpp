#include "dataset/csv_reader.hpp"

#include "dataset/errors.hpp"
#include "quality/temp_dir.hpp"

using namespace abgate;
using namespace abgate::dataset;

namespace {

/// All rows, fields in brackets.
std::string rows(const std::string& path) {
  CsvReader csv{LineReader(path)};
  std::string out;
  while (csv.next()) {
    for (std::size_t i = 0; i < csv.header().size(); ++i)
      out += "[" + std::string(csv.field(i)) + "]";
    out += " ";
  }
  return out;
}

std::string complaint_of(const std::string& text) {
  const TempDir dir;
  const std::string path = dir.write("f.csv", text);
  return complaint(path, [&] { rows(path); });
}

}  // namespace

TEST_CASE("Fields are split at commas, quotes are taken off", "[csv]") {
  const TempDir dir;
  CHECK(rows(dir.write("f", "a,b\n1,2\n\n,\nx y,\n")) == "[1][2] [][] [x y][] ");
  CHECK(rows(dir.write("f", "a,b\r\n1,2\r\n")) == "[1][2] ");
  CHECK(rows(dir.write("f", "\"a\",b\n\"1,5\",\"say \"\"x\"\"\"\n\"\",\"\"\n")) ==
        "[1,5][say \"x\"] [][] ");
  CHECK(rows(dir.write("f", "\xEF\xBB\xBF\"a\"\n1\n")) == "[1] ");
  CHECK(rows(dir.write("f", "a\n")).empty());
}

TEST_CASE("A broken row is named by line and column", "[csv]") {
  CHECK(complaint_of("") == ": saw an empty file, want a header and rows");
  CHECK(complaint_of("\n\n") == ": saw an empty file, want a header and rows");
  CHECK(complaint_of("a,b,c\n1,2\n") == ":2:3: c: saw a row of 2 columns, want 3 as in the header");
  CHECK(complaint_of("a,b\n1,2\n1,2,3\n") ==
        ":3:3: saw a row of 3 columns, want 2 as in the header");
  CHECK(complaint_of("a,b\n1,\"2\n3\"\n") ==
        ":2:2: saw a quoted field that is not closed in its line, want a closing \"");
  CHECK(complaint_of("a,b\n\"1\"2,3\n") == ":2:1: saw text behind a closing quote, want a comma");
  CHECK(complaint_of("a,b\n1,\xFF\n") == ":2:2: saw invalid UTF-8 at byte 3, want text");
  CHECK(complaint_of(std::string("a,b\n1,\0\n", 8)) == ":2:3: saw a NUL byte, want text");
}
