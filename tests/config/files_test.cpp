// The shipped files: every scenario is read, the generated ones are current.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "config/scenario_file.hpp"
#include "source_dir.hpp"

using namespace abgate;
namespace fs = std::filesystem;

namespace {

const fs::path kScenarios = fs::path(source_dir()) / "scenarios";

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Compares with the shipped text; ABGATE_APPROVE=1 writes it instead.
void require_current(const fs::path& path, const std::string& shipped, const std::string& wanted) {
  if (std::getenv("ABGATE_APPROVE") != nullptr) std::ofstream(path, std::ios::binary) << wanted;
  INFO(path << " is not what the tables generate; ABGATE_APPROVE=1 test_config writes it");
  REQUIRE((std::getenv("ABGATE_APPROVE") != nullptr || shipped == wanted));
}

std::vector<fs::path> shipped_scenarios() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(kScenarios)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  return paths;
}

}  // namespace

TEST_CASE("Every shipped scenario is valid, names its schema and its suites lie under prompts",
          "[config]") {
  const auto paths = shipped_scenarios();
  REQUIRE(paths.size() >= 7);
  for (const fs::path& path : paths) {
    INFO(path);
    const Scenario s = config::load_scenario(path.string(), {}, config::Secrets::leave_as_written);
    REQUIRE(s.name == path.stem().string());
    REQUIRE(s.source_text.rfind("# yaml-language-server: $schema=scenario.schema.json\n", 0) == 0);
    for (const std::string& suite : {s.workload.suite, s.quality.suite}) {
      if (suite.empty()) continue;
      const fs::path file = config::resolve_path(s.path, suite);
      REQUIRE(fs::exists(file));
      REQUIRE(fs::weakly_canonical(file).parent_path() ==
              fs::weakly_canonical(fs::path(source_dir()) / "prompts"));
    }
  }
}

TEST_CASE("The first case asks for the five criteria as they are read", "[config]") {
  const Scenario s = config::load_scenario((kScenarios / "redfin-fp16-vs-awq.yaml").string(), {},
                                           config::Secrets::leave_as_written);
  const auto find = [&](const std::string& id) {
    for (const Criterion& c : s.criteria) {
      if (c.id == id) return c;
    }
    FAIL("no criterion " << id);
    return Criterion{};
  };
  const Criterion memory = find("gpu_memory");
  REQUIRE((memory.metric == "gpu_memory_used" && memory.op == Op::lt && memory.value == 60 &&
           memory.unit == "GB"));
  const Criterion speed = find("speed");
  REQUIRE((speed.metric == "stream_speed" && speed.op == Op::ge && speed.value == 40 &&
           speed.form == Form::candidate));
  const Criterion speedup = find("speedup");
  REQUIRE((speedup.form == Form::ratio && speedup.value == 2 && speedup.op == Op::ge));
  const Criterion quality = find("quality");
  REQUIRE(
      (quality.metric == "quality.em_ws" && quality.form == Form::ratio && quality.value == 0.95));
  const Criterion errors = find("errors");
  REQUIRE((errors.op == Op::eq && errors.value == 0 && errors.min_n == 700));
  const Criterion ttft = find("ttft");
  REQUIRE((ttft.stat == "p95" && ttft.value == 1 && ttft.op == Op::lt));
  for (const auto& c : {memory, speed, speedup, quality, errors, ttft}) {
    REQUIRE(c.level == Level::must);
    REQUIRE_FALSE(c.note.empty());
  }
  REQUIRE(find("quality_similarity").level == Level::target);
  REQUIRE(s.candidate.facts.gpu_memory_utilization == 0.55);
  REQUIRE(*s.candidate.facts.gpu_total_gb == Approx(102.642).margin(0.001));
}

TEST_CASE("The shipped JSON Schema is what the parser's tables say", "[config]") {
  const fs::path path = kScenarios / "scenario.schema.json";
  require_current(path, read(path), config::json_schema());
}

TEST_CASE("The reference in scenarios/README.md is what the parser's tables say", "[config]") {
  const fs::path path = kScenarios / "README.md";
  const std::string text = read(path);
  const std::string begin = "<!-- reference: generated -->\n";
  const std::string end = "<!-- reference: end -->\n";
  const auto from = text.find(begin);
  const auto to = text.find(end);
  REQUIRE(from != std::string::npos);
  REQUIRE(to != std::string::npos);
  require_current(path, text,
                  text.substr(0, from + begin.size()) + "\n" + config::reference_markdown() + "\n" +
                      text.substr(to));
}
