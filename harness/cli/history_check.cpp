#include "cli/history_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.hpp"
#include "decision/inputs.hpp"
#include "decision/methods.hpp"
#include "decision/noise.hpp"
#include "store/files.hpp"
#include "store/run_folder.hpp"

namespace abgate::cli {

namespace {

constexpr const char* kFile = "history.json";

std::optional<double> ratio_of(const store::HistoryRun& run, const std::string& metric,
                               const std::string& stat, const std::string& point) {
  for (const store::HistoryValue& v : run.values) {
    if (v.block < 0 && v.metric == metric && v.stat == stat && v.point == point) return v.ratio;
  }
  return std::nullopt;
}

std::optional<double> measured_of(const store::HistoryRun& run, const std::string& id) {
  for (const store::HistoryCriterion& c : run.criteria) {
    if (c.id == id) return c.measured;
  }
  return std::nullopt;
}

/// What a criterion makes worth watching, with how to read it from an earlier night; nullopt: no
/// ratio of the arms.
struct Watch {
  decision::WatchedSeries series;
  std::function<std::optional<double>(const store::HistoryRun&)> read;
};

std::optional<Watch> watch_of(const JudgedRun& tonight, const decision::CriterionResult& r,
                              const decision::NoiseFloor& noise) {
  const Criterion& c = r.criterion;
  Watch w;
  w.series.better = find_metric(c.metric)->better < 0 ? -1 : 1;
  if (c.metric.starts_with("quality.") && c.form == Form::ratio && r.measured) {
    w.series.name = c.metric;
    w.series.tonight = *r.measured;
    w.read = [id = c.id](const store::HistoryRun& run) { return measured_of(run, id); };
    return w;
  }
  if (!decision::is_request_metric(c.metric) && !decision::is_block_metric(c.metric))
    return std::nullopt;
  const LoadPoint* point = decision::point_of(tonight.scenario, c);
  if (point == nullptr) return std::nullopt;
  const std::string stat = c.stat == "max" ? "p99" : c.stat;
  const auto* seen = tonight.comparison.find(c.metric, stat, point->id);
  if (seen == nullptr || !seen->ratio.value) return std::nullopt;
  w.series.name = fmt::format("{} ({}) at {}", c.metric, stat, point->id);
  w.series.tonight = *seen->ratio.value;
  w.series.floor = noise.floor_of(c.metric, point->id);
  w.read = [metric = c.metric, stat, at = point->id](const store::HistoryRun& run) {
    return ratio_of(run, metric, stat, at);
  };
  return w;
}

bool counts(const store::HistoryRun& run, const JudgedRun& tonight, const std::string& key) {
  return run.series_key == key && run.scenario == tonight.manifest.scenario_name &&
         run.run_id != tonight.manifest.run_id && run.decision != "VOID" &&
         run.exit_code != static_cast<int>(ExitCode::interrupted);
}

}  // namespace

HistoryCheck check_history(const JudgedRun& tonight, const std::string& series_key,
                           const std::vector<store::HistoryRun>& earlier,
                           const decision::HistoryRules& rules) {
  HistoryCheck out;
  const decision::NoiseFloor noise = decision::noise_floor(tonight.scenario, tonight.measurements);
  std::map<std::string, Watch> watched;  // several criteria may read the same ratio
  for (const decision::CriterionResult& r : tonight.verdict.criteria) {
    if (auto w = watch_of(tonight, r, noise)) watched.try_emplace(w->series.name, std::move(*w));
  }
  for (auto& [name, w] : watched) {
    for (const store::HistoryRun& run : earlier) {
      if (!counts(run, tonight, series_key)) continue;
      if (const auto ratio = w.read(run)) w.series.past.push_back(*ratio);
    }
    const decision::HistoryFinding found = decision::check_history(w.series, rules);
    out.regressed = out.regressed || found.state == decision::HistoryState::regression;
    if (!found.sentence.empty()) out.sentences.push_back(found.sentence);
  }
  return out;
}

void write_history_check(const std::string& folder, const HistoryCheck& check) {
  const nlohmann::ordered_json json{{"regressed", check.regressed}, {"sentences", check.sentences}};
  store::RunFolder::open(folder).write(
      kFile, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

HistoryCheck read_history_check(const std::string& folder) {
  const std::string path = folder + "/" + kFile;
  if (!std::filesystem::exists(path)) return {};
  const auto json = nlohmann::json::parse(store::read_file(path), nullptr, false);
  const bool ours = json.is_object() && json.contains("regressed") &&
                    json["regressed"].is_boolean() && json.contains("sentences") &&
                    json["sentences"].is_array() &&
                    std::all_of(json["sentences"].begin(), json["sentences"].end(),
                                [](const auto& s) { return s.is_string(); });
  if (!ours)
    throw DataError({path, 0, 0}, "", "something else",
                    "what nightly found in its history ({\"regressed\":…,\"sentences\":[…]})");
  return {json["regressed"].get<bool>(), json["sentences"].get<std::vector<std::string>>()};
}

}  // namespace abgate::cli
