#include "cli/plugin_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <tuple>

#include "cli/score_answers.hpp"
#include "core/error.hpp"
#include "quality/command.hpp"
#include "quality/plugin.hpp"
#include "quality/score.hpp"
#include "store/files.hpp"
#include "store/run_folder.hpp"

namespace abgate::cli {

namespace {

using Json = nlohmann::json;
using quality::PluginScore;

constexpr const char* kFile = "scores/plugin.jsonl";
constexpr std::size_t kTried = 2;  // items of the try before the load

std::string folder_of(const Scenario& scenario) {
  const auto parent = std::filesystem::path(scenario.path).parent_path().string();
  return parent.empty() ? "." : parent;
}

/// What a run folder keeps: why there are no scores, or the scores.
struct Stored {
  std::string error;
  std::vector<PluginScore> scores;
};

std::string encode(const ScorerConfig& config, const Stored& stored) {
  const auto line = [](const Json& row) {
    return row.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  };
  std::string out = line({{"plugin_scores", 1},
                          {"metric", config.metric},
                          {"higher_is_better", config.higher_is_better},
                          {"error", stored.error},
                          {"scores", stored.scores.size()}});
  for (const PluginScore& s : stored.scores) {
    out += line({{"id", s.item},
                 {"arm", to_string(s.arm)},
                 {"repeat", s.repeat},
                 {"score", s.score}});
  }
  return out;
}

/// nullopt-like: `error` says so where the file is missing or damaged.
Stored read_stored(const std::string& folder) {
  const std::string path = folder + "/" + kFile;
  Stored out;
  if (!std::filesystem::exists(path)) {
    out.error = "the scorer was not run over these answers";
    return out;
  }
  std::istringstream lines(store::read_file(path));
  std::string line;
  int number = 0;
  std::size_t promised = 0;
  while (std::getline(lines, line)) {
    ++number;
    const Json row = Json::parse(line, nullptr, false);
    const bool good =
        row.is_object() && (number == 1 ? row.contains("plugin_scores") && row.contains("error") &&
                                              row["error"].is_string() && row.contains("scores") &&
                                              row["scores"].is_number_unsigned()
                                        : row.contains("id") && row["id"].is_string() &&
                                              row.contains("arm") && row["arm"].is_string() &&
                                              row.contains("repeat") &&
                                              row["repeat"].is_number_unsigned() &&
                                              row.contains("score") && row["score"].is_number());
    if (!good) throw DataError({path, number, 0}, "", printable(line, 80), "a line of scores");
    if (number == 1) {
      out.error = row["error"].get<std::string>();
      promised = row["scores"].get<std::size_t>();
      continue;
    }
    PluginScore s;
    const auto arm = row["arm"].get<std::string>();
    s.arm = arm == "candidate" ? Arm::candidate : arm == "control" ? Arm::control : Arm::baseline;
    s.item = row["id"].get<std::string>();
    s.repeat = row["repeat"].get<std::uint32_t>();
    s.score = row["score"].get<double>();
    out.scores.push_back(std::move(s));
  }
  if (out.scores.size() != promised)
    throw DataError({path, number, 0}, "", fmt::format("{} scores", out.scores.size()),
                    fmt::format("{}, as the first line says", promised));
  return out;
}

using Key = std::tuple<Arm, std::string, std::uint32_t>;

std::set<Key> keys_of(const std::vector<ItemScore>& scores) {
  std::set<Key> out;
  for (const ItemScore& s : scores) {
    if (s.answered) out.emplace(s.arm, s.item, s.repeat);
  }
  return out;
}

bool covers(const Stored& stored, const std::vector<ItemScore>& scores) {
  std::set<Key> have;
  for (const PluginScore& s : stored.scores) have.emplace(s.arm, s.item, s.repeat);
  return stored.error.empty() && have == keys_of(scores);
}

std::vector<ItemScore> answers_of(const store::StoredRun& run, const Suite& suite) {
  std::vector<RequestRecord> answers;
  store::for_each_cell(run, [&](CellRecord&& cell) {
    if (cell.kind != CellKind::quality) return;
    for (RequestRecord& r : cell.requests) answers.push_back(std::move(r));
  });
  return quality::score(suite, answers);
}

/// The run folder that an arm's quality answers lie in: two recorded runs are judged as one.
std::map<Arm, std::string> folders_by_arm(const store::StoredRun& run) {
  std::map<Arm, std::string> out;
  for (const store::CellFile& cell : run.cells) {
    const std::size_t raw = cell.path.rfind("/raw/");
    if (cell.name.starts_with("quality/") && raw != std::string::npos)
      out.emplace(cell.arm, cell.path.substr(0, raw));
  }
  return out;
}

/// Scores by the arm that they count as: a run of a single arm counts as whichever is asked of it.
std::map<Key, double> by_key(const Stored& stored, Arm counts_as) {
  const bool has_it = std::any_of(stored.scores.begin(), stored.scores.end(),
                                  [&](const PluginScore& s) { return s.arm == counts_as; });
  std::map<Key, double> out;
  for (const PluginScore& s : stored.scores) {
    if (has_it && s.arm != counts_as) continue;
    if (!has_it && s.arm == Arm::control) continue;
    out[{counts_as, s.item, s.repeat}] = s.score;
  }
  return out;
}

}  // namespace

void check_scorer(const Session& session, const Note& note, const std::stop_token& stop) {
  const ScorerConfig& config = session.scenario.quality.scorer;
  if (config.command.empty() || !session.quality) return;
  std::vector<ItemScore> tried;
  for (const SuiteItem& item : session.quality->items) {
    if (tried.size() >= 2 * kTried) break;
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      ItemScore s;
      s.arm = arm;
      s.item = item.id;
      s.answered = true;
      s.completion = item.reference;
      tried.push_back(std::move(s));
    }
  }
  try {
    quality::run_plugin(config, folder_of(session.scenario), tried, *session.quality, stop);
  } catch (const Error& e) {
    if (stop.stop_requested()) return;
    throw Error(ExitCode::bad_scenario,
                fmt::format("quality.scorer: tried on {} references before any load: {}; nothing "
                            "was sent",
                            tried.size(), e.what()));
  }
  note(fmt::format("scorer {}: tried on {} references, its output can be used", config.metric,
                   tried.size()));
}

void score_with_plugin(const std::string& folder, const Scenario& scenario, const Note& note,
                       const std::stop_token& stop, bool again) {
  const ScorerConfig& config = scenario.quality.scorer;
  if (config.command.empty()) return;
  const store::StoredRun run = store::load_run(folder);
  Suite suite;
  if (!load_quality_suite(run, suite)) return;
  const auto answers = answers_of(run, suite);
  if (keys_of(answers).empty()) return;
  if (!again && std::filesystem::exists(folder + "/" + kFile) &&
      covers(read_stored(folder), answers))
    return;
  Stored stored;
  try {
    stored.scores = quality::run_plugin(config, folder_of(scenario), answers, suite, stop);
    note(fmt::format("scorer {}: {} answers scored", config.metric, stored.scores.size()));
  } catch (const Error& e) {
    stored.error = e.what();
    note(fmt::format("warning: {}; quality.plugin is not measured", stored.error));
  }
  store::RunFolder::open(folder).write(kFile, encode(config, stored));
}

std::vector<std::string> add_plugin_scores(const store::StoredRun& run, const ScorerConfig& config,
                                           std::vector<ItemScore>& scores) {
  std::vector<std::string> notes;
  if (config.command.empty()) return notes;
  for (const auto& [arm, folder] : folders_by_arm(run)) {
    const Stored stored = read_stored(folder);
    if (!stored.error.empty()) {
      notes.push_back(
          fmt::format("plugin: not measured ({}): {}", to_string(arm), printable(stored.error, 400)));
      continue;
    }
    const auto known = by_key(stored, arm);
    for (ItemScore& s : scores) {
      if (!s.answered || s.arm != arm) continue;
      const auto it = known.find({s.arm, s.item, s.repeat});
      if (it != known.end()) s.scores["plugin"] = it->second;
    }
  }
  return notes;
}

}  // namespace abgate::cli
