#include "dataset/json_row.hpp"

#include "dataset/errors.hpp"
#include "quality/temp_dir.hpp"

using namespace abgate;
using namespace abgate::dataset;

namespace {

std::string complaint_of(const std::string& text) {
  return complaint("f", [&] { JsonRow({"f", 3}, text); });
}

}  // namespace

TEST_CASE("Fields are read by type, and a wrong one names file, row and field", "[json_row]") {
  const JsonRow row({"f", 3}, R"({"a":"x","n":5,"z":null,"l":["p","q"]})");
  CHECK(row.text("a", true) == "x");
  CHECK(row.whole("n", 1, 5) == 5);
  CHECK(row.label("n") == "5");
  CHECK(row.texts("l") == std::vector<std::string>{"p", "q"});
  CHECK(row.has("a"));
  CHECK_FALSE(row.has("z"));
  CHECK(complaint("f", [&] { row.whole("n", 1, 4); }) ==
        ":3: n: saw 5, want a whole number from 1 to 4");
  CHECK(complaint("f", [&] { row.text("n", true); }) == ":3: n: saw 5, want a string");
  CHECK(complaint("f", [&] { row.text("b", true); }) == ":3: b: saw nothing, want a string");
}

TEST_CASE("Broken JSON is one line with the byte", "[json_row]") {
  CHECK(complaint_of(R"({"a":)") ==
        ":3:6: saw broken JSON at byte 6, want one JSON object per line");
  CHECK(complaint_of("[1]") == ":3: saw [1], want a JSON object");
}

TEST_CASE("Objects come as lines or as one array", "[json_row]") {
  const TempDir dir;
  const auto ids = [](const std::string& path) {
    std::string out;
    for_each_row(path, [&](const JsonRow& row) {
      out += row.label("id") + "@" + std::to_string(row.place().line) + " ";
    });
    return out;
  };
  CHECK(ids(dir.write("lines", "{\"id\":1}\n\n{\"id\":2}\n")) == "1@1 2@3 ");
  CHECK(ids(dir.write("array", "\n[{\"id\":1},\n{\"id\":2}]\n")) == "1@1 2@2 ");
}
