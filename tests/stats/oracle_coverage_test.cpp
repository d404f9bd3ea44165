// The published numbers are all there, unchanged, and each group is read by some test.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "catch.hpp"
#include "source_dir.hpp"

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

nlohmann::json own() {
  return nlohmann::json::parse(text_of(source_dir() + "/tests/stats/data/oracles.json"));
}

/// Sources of the rooms' tests that read oracles, this file left out.
std::string test_sources() {
  std::string all;
  for (const char* room : {"stats", "decision"}) {
    const fs::path folder = fs::path(source_dir()) / "tests" / room;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const fs::path& file = entry.path();
      if (file.extension() == ".cpp" && file.filename() != "oracle_coverage_test.cpp")
        all += text_of(file);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("every group of oracles is read by a test", "[oracle]") {
  const std::string sources = test_sources();
  const nlohmann::json all = own();
  std::size_t groups = 0;
  for (const auto& [group, content] : all.items()) {
    if (group.starts_with("_")) continue;
    ++groups;
    INFO(group);
    const bool read = sources.find("oracle(\"" + group + "\")") != std::string::npos ||
                      sources.find(".at(\"" + group + "\")") != std::string::npos;
    CHECK(read);
  }
  CHECK(groups == 29);
}

TEST_CASE("the copied oracles equal the reference where it is at hand", "[oracle]") {
  const fs::path reference =
      fs::path(source_dir()).parent_path() / "shared/reference/stat-oracles.json";
  if (!fs::exists(reference)) {
    SUCCEED("the reference is not part of this checkout");
    return;
  }
  const nlohmann::json mine = own();
  const nlohmann::json theirs = nlohmann::json::parse(text_of(reference));
  for (const auto& [group, content] : theirs.items()) {
    if (group.starts_with("_")) continue;
    INFO(group);
    REQUIRE(mine.contains(group));
    CHECK(mine.at(group) == content);
  }
}
