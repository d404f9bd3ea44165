#include "config/scenario_file.hpp"

#include <filesystem>
#include <fstream>

#include "config/checks.hpp"
#include "config/overrides.hpp"
#include "config/sections.hpp"
#include "config/sweep.hpp"

namespace abgate::config {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kReadAtMost = (1 << 20) + 1;  ///< one more than the parser takes

std::string read_file(const std::string& path) {
  std::error_code error;
  const Place place{path, 0, 0};
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw ScenarioError(place, "", "no such file", "a scenario file");
  if (fs::is_directory(status)) throw ScenarioError(place, "", "a folder", "a scenario file");
  std::ifstream in(path, std::ios::binary);
  std::string text(kReadAtMost, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad() || (!in.eof() && in.fail()))
    throw ScenarioError(place, "", "a file that cannot be read", "a readable scenario file");
  return text;
}

}  // namespace

Scenario parse_scenario(const std::string& text, const std::string& path,
                        const std::vector<std::string>& overrides, Secrets secrets) {
  Node root = parse_yaml(text, path);
  apply_overrides(root, overrides);
  expand_sweeps(root);
  Scenario scenario;
  scenario.path = path;
  scenario.source_text = text;
  scenario.overrides = overrides;
  scenario_section().read(Cursor(root, path, secrets), scenario);
  return scenario;
}

Scenario load_scenario(const std::string& path, const std::vector<std::string>& overrides,
                       Secrets secrets) {
  return parse_scenario(read_file(path), path, overrides, secrets);
}

std::vector<Criterion> load_criteria(const std::string& path, const Scenario& scenario) {
  const Node root = parse_yaml(read_file(path), path);
  const Cursor criteria = Cursor(root, path, Secrets::leave_as_written).at("criteria");
  if (!criteria.present() || criteria.node().kind != Node::Kind::list)
    criteria.fail("a list of criteria");
  Scenario judged = scenario;
  judged.criteria.clear();
  for (std::size_t i = 0; i < criteria.size(); ++i) {
    criterion_section().read(criteria.at(i), judged.criteria.emplace_back());
  }
  check_criteria(criteria, judged);
  return judged.criteria;
}

std::string resolve_path(const std::string& scenario_path, const std::string& file) {
  const fs::path path(file);
  if (file.empty() || path.is_absolute()) return file;
  return (fs::path(scenario_path).parent_path() / path).lexically_normal().string();
}

}  // namespace abgate::config
