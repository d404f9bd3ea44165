#include "quality/carve.hpp"

#include <map>
#include <set>

#include "catch.hpp"
#include "core/error.hpp"
#include "quality/truncate.hpp"
#include "temp_dir.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

const std::string kPython = R"(import os

LIMIT = 10


def read_lines(path, limit=LIMIT):
    """Reads the first lines of a file."""
    lines = []
    with open(path, encoding="utf-8") as handle:
        for number, line in enumerate(handle):
            if number >= limit:
                break
            lines.append(line.rstrip("\n"))
    return lines


def total(values):
    result = 0
    for value in values:
        result += value * 2
        result -= compute_offset(value, 3)
    return result
)";

const std::string kCpp = R"(#include <vector>

// Sums up.
int sum(const std::vector<int>& values) {
  int total = 0;
  for (const int value : values) {
    total += value * 3;
    log_value(value, total);
  }
  return total;
}
)";

TempDir& tree(TempDir& dir) {
  for (int i = 0; i < 12; ++i)
    dir.write("src/m" + std::to_string(i) + ".py", "# file " + std::to_string(i) + "\n" + kPython);
  dir.write("src/sum.cpp", kCpp);
  dir.write("node_modules/x.js", "const aaaa = bbbb(cccc);\n");
  dir.write(".hidden/y.py", kPython);
  dir.write("data.csv", "1,2,3\n");
  dir.write("min.js", "var aaaa=1;" + std::string(5000, 'x') + ";\n");
  dir.write("latin.py", "name = \"\xe9t\xe9\" + other_thing\n");
  dir.write("special.py", "token = \"<|fim_prefix|>\" + other_thing\n");
  dir.write("empty.py", "");
  return dir;
}

}  // namespace

TEST_CASE("Carved items put back together are the file", "[carve]") {
  TempDir dir;
  const Suite suite = carve(tree(dir).path());
  REQUIRE(suite.items.size() > 40);
  std::set<std::string> ids;
  std::map<std::string, std::size_t> per_file;
  for (const SuiteItem& item : suite.items) {
    CAPTURE(item.id);
    REQUIRE(ids.insert(item.id).second);
    REQUIRE(item.kind == ItemKind::fim);
    REQUIRE(item.cluster.starts_with("src/"));
    REQUIRE(slurp(dir.at(item.cluster)) == item.prefix + item.reference + item.suffix);
    REQUIRE(item.reference.find_first_not_of(" \t\n") != std::string::npos);
    REQUIRE(++per_file[item.cluster] <= 5);
    // The reference itself passes the cut whole.
    REQUIRE(Truncator(item).cut(item.reference).text == item.reference);
  }
}

TEST_CASE("Holes are of four kinds and lie where they should", "[carve]") {
  const auto texts = [](const std::string& source, const std::string& language,
                        const std::string& category) {
    std::set<std::string> out;
    for (const Hole& hole : find_holes(source, language)) {
      if (hole.category == category) out.insert(source.substr(hole.begin, hole.end - hole.begin));
    }
    return out;
  };
  REQUIRE(texts(kPython, "python", "fim-line").count("result += value * 2") == 1);
  REQUIRE(texts(kPython, "python", "fim-line").count("import os") == 0);
  REQUIRE(texts(kPython, "python", "fim-call").count("value, 3") == 1);
  REQUIRE(texts(kPython, "python", "fim-call").count("values") == 0);  // a definition's parameters
  REQUIRE(texts(kPython, "python", "fim-block").count("break") == 1);
  REQUIRE(texts(kPython, "python", "fim-block")
              .count("result += value * 2\n        result -= compute_offset(value, 3)") == 1);
  REQUIRE(
      texts(kCpp, "cpp", "fim-block").count("total += value * 3;\n    log_value(value, total);") ==
      1);
  REQUIRE(texts(kCpp, "cpp", "fim-call").count("value, total") == 1);
  for (const std::string& lines : texts(kPython, "python", "fim-multi-line")) {
    REQUIRE(lines.find('\n') != std::string::npos);
  }
  REQUIRE(find_holes("", "python").empty());
  REQUIRE(find_holes("\n\n", "python").empty());
  REQUIRE(find_holes("((((", "cpp").empty());
}

TEST_CASE("The same tree and seed give the same items, another seed others", "[carve]") {
  TempDir dir;
  tree(dir);
  const auto ids = [&](std::uint64_t seed) {
    CarveOptions options;
    options.seed = seed;
    std::vector<std::string> out;
    for (const SuiteItem& item : carve(dir.path(), options).items) out.push_back(item.id);
    return out;
  };
  REQUIRE(ids(1) == ids(1));
  REQUIRE(ids(1) != ids(2));
  const auto before = ids(1);
  dir.write("src/zz.py", kPython);  // one more file leaves the others' holes alone
  const auto after = ids(1);
  REQUIRE(std::vector<std::string>(
              after.begin(), after.begin() + static_cast<std::ptrdiff_t>(before.size())) == before);
}

TEST_CASE("Limits on items, languages and context hold", "[carve]") {
  TempDir dir;
  tree(dir);
  CarveOptions options;
  options.max_items = 7;
  options.languages = {"python"};
  options.prefix_bytes = 80;
  options.suffix_bytes = 60;
  options.per_file = 2;
  CarveReport report;
  const Suite suite = carve(dir.path(), options, &report);
  REQUIRE(suite.items.size() == 7);
  for (const SuiteItem& item : suite.items) {
    REQUIRE(item.language == "python");
    REQUIRE(item.prefix.size() <= 80);
    REQUIRE(item.suffix.size() <= 60);
    const std::string whole = slurp(dir.at(item.cluster));
    REQUIRE(whole.find(item.prefix + item.reference + item.suffix) != std::string::npos);
  }
  REQUIRE(report.files >= 4);
}

TEST_CASE("A tree without source text is refused", "[carve]") {
  const TempDir dir;
  REQUIRE_THROWS_WITH(carve(dir.path()), ContainsSubstring("no source text to carve in 0 files"));
  REQUIRE_THROWS_WITH(carve(dir.at("none")), ContainsSubstring("saw no directory"));
  REQUIRE_THROWS_AS(carve(dir.write("file.py", "x = 1\n")), DataError);
}
