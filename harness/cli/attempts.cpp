#include "cli/attempts.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/error.hpp"
#include "decision/judge.hpp"
#include "store/files.hpp"
#include "store/manifest_codec.hpp"

namespace abgate::cli {

namespace {

namespace fs = std::filesystem;

/// Overrides that name another endpoint or model: another experiment.
std::vector<std::string> endpoints(const std::vector<std::string>& overrides) {
  std::vector<std::string> out;
  for (const std::string& o : overrides) {
    if (o.starts_with("baseline.") || o.starts_with("candidate.")) out.push_back(o);
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// A comparison, or a recording of the arm that is asked for.
bool same_kind(const Manifest& m, std::optional<Arm> only) {
  if (!only) return m.mode != Mode::recorded;
  return m.mode == Mode::recorded &&
         std::any_of(m.expected.begin(), m.expected.end(),
                     [&](const ExpectedCell& cell) { return cell.arm == *only; });
}

}  // namespace

int attempt_number(const std::string& folder, const Scenario& scenario,
                   const std::vector<std::string>& overrides, std::optional<Arm> only) {
  const std::string criteria = decision::hash_of(scenario.criteria);
  const std::vector<std::string> at = endpoints(overrides);
  int attempt = 1;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder, missing)) {
    const std::string path = (entry.path() / "manifest.json").string();
    if (entry.is_symlink() || !fs::exists(path, missing)) continue;
    try {
      const Manifest m = store::decode_manifest(store::read_file(path), path);
      if (!m.finished.empty() && m.scenario_name == scenario.name && m.criteria_hash == criteria &&
          same_kind(m, only) && endpoints(m.overrides) == at)
        ++attempt;
    } catch (const Error&) {
      continue;  // another format, or no run of ours
    }
  }
  return attempt;
}

}  // namespace abgate::cli
