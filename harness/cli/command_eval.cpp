#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "cli/cache_file.hpp"
#include "cli/commands.hpp"
#include "cli/drive.hpp"
#include "cli/grader_check.hpp"
#include "cli/interrupt.hpp"
#include "cli/judge_run.hpp"
#include "cli/score_answers.hpp"
#include "cli/session.hpp"
#include "core/error.hpp"
#include "quality/answers_file.hpp"
#include "quality/score.hpp"
#include "quality/suite.hpp"
#include "stats/clustered.hpp"
#include "stats/series.hpp"
#include "store/stored_run.hpp"

namespace abgate::cli {

namespace {

/// A scenario with nothing but a quality pass at one endpoint.
Scenario scenario_of(const EvalOptions& options) {
  Scenario s;
  s.name = "eval-" + std::filesystem::path(options.suite).stem().string();
  s.path = ".";
  s.baseline.label = options.model.empty() ? "endpoint" : options.model;
  s.baseline.url = options.endpoint;
  s.baseline.model = options.model;
  s.candidate = s.baseline;
  s.sampling.max_tokens = options.max_tokens;
  s.sampling.temperature = options.temperature;
  s.quality.suite = std::filesystem::absolute(options.suite).string();
  s.quality.concurrency = options.concurrency;
  s.quality.limit = options.limit;
  s.quality.repeats = options.repeats;
  s.quality.pass_k = options.pass_k;
  s.aa_blocks = 0;
  s.seeds.prompts = s.seeds.schedule = s.seeds.blocks = s.seeds.bootstrap = s.seeds.base;
  const Suite suite = quality::stream_suite(options.suite, [&](SuiteItem&& item) {
    if (item.kind == ItemKind::chat) s.api = Api::chat;
  });
  return s;
}

/// Means per item of one score, so that repeats are no further items.
struct Column {
  std::vector<double> values;
  std::vector<std::string> clusters;
};

using Table = std::map<std::string, std::map<std::string, Column>>;  // category -> metric

Table table_of(const std::vector<ItemScore>& scores) {
  struct Item {
    const ItemScore* any = nullptr;
    std::map<std::string, std::pair<double, double>> sums;
  };
  std::map<std::string, Item> items;
  for (const ItemScore& s : scores) {
    if (!s.answered) continue;
    Item& item = items[s.item];
    item.any = &s;
    for (const auto& [metric, value] : s.scores) {
      item.sums[metric].first += value;
      item.sums[metric].second += 1;
    }
  }
  Table table;
  for (const auto& [id, item] : items) {
    for (const auto& [metric, sum] : item.sums) {
      for (const std::string& group : {std::string("all"), item.any->category}) {
        Column& column = table[group][metric];
        column.values.push_back(sum.first / sum.second);
        column.clusters.push_back(item.any->cluster);
      }
    }
  }
  return table;
}

double mean_of(const Column& column) {
  double sum = 0;
  for (const double x : column.values) sum += x;
  return sum / static_cast<double>(column.values.size());
}

void print_categories(const Table& table, std::ostream& out) {
  const std::vector<std::string> metrics{"em_ws", "edit_similarity", "identifier_f1", "chrf",
                                         "syntax_valid", "pass1", "pass_at_k"};
  out << fmt::format("{:<24} {:>6}", "category", "n");
  for (const auto& metric : metrics) out << fmt::format(" {:>15}", metric);
  out << "\n";
  for (const auto& [group, columns] : table) {
    std::size_t n = 0;
    for (const auto& [metric, column] : columns) n = std::max(n, column.values.size());
    out << fmt::format("{:<24} {:>6}", printable(group, 24), n);
    for (const auto& metric : metrics) {
      const auto it = columns.find(metric);
      out << (it == columns.end() ? fmt::format(" {:>15}", "-")
                                  : fmt::format(" {:>15.4f}", mean_of(it->second)));
    }
    out << "\n";
  }
}

/// Every score over all items, with its interval.
void print_intervals(const Table& table, std::ostream& out) {
  const auto all = table.find("all");
  if (all == table.end()) return;
  out << fmt::format("\n{:<24} {:>6} {:>8} {:>10}   95 % interval, clustered by source\n", "score",
                     "n", "sources", "mean");
  for (const auto& [metric, column] : all->second) {
    stats::QualitySeries series;
    series.clusters = stats::number_clusters(column.clusters);
    series.binary = std::all_of(column.values.begin(), column.values.end(),
                                [](double x) { return x == 0 || x == 1; });
    const auto last = std::max_element(series.clusters.begin(), series.clusters.end());
    const auto e = stats::arm_mean(series, column.values, 0.95);
    const std::string interval =
        e.lo && e.hi ? fmt::format("[{:.4f}, {:.4f}]", *e.lo, *e.hi) : std::string("unknown");
    out << fmt::format("{:<24} {:>6} {:>8} {:>10.4f}   {}\n", metric, column.values.size(),
                       last == series.clusters.end() ? 0 : *last + 1, mean_of(column), interval);
  }
}

void print_scores(const std::vector<ItemScore>& scores, const std::vector<std::string>& notes,
                  std::ostream& out) {
  const Table table = table_of(scores);
  print_categories(table, out);
  print_intervals(table, out);
  for (const std::string& note : notes) out << note << "\n";
  const auto unanswered =
      std::count_if(scores.begin(), scores.end(), [](const ItemScore& s) { return !s.answered; });
  if (unanswered > 0)
    out << fmt::format("{} items were not answered; see the raw records\n", unanswered);
}

void write_scores(const std::vector<ItemScore>& scores, const std::string& path) {
  if (path.empty()) return;
  using Json = nlohmann::ordered_json;
  std::ofstream out(path, std::ios::trunc);
  for (const ItemScore& s : scores) {
    const Json row{{"id", s.item},           {"repeat", s.repeat},     {"cluster", s.cluster},
                   {"category", s.category}, {"language", s.language}, {"answered", s.answered},
                   {"scores", s.scores},     {"flags", s.flags},       {"cut_rule", s.cut_rule}};
    out << row.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
  }
  out.close();
  if (!out)
    throw Error(ExitCode::bad_data, fmt::format("--scores: cannot write {}", printable(path, 200)));
}

/// As before a run: the tests of what is answered must tell right from wrong here. Returns the file
/// that keeps verdicts.
std::string check_answered(const Suite& suite, const std::vector<RequestRecord>& answers,
                           Streams io) {
  std::set<std::string> answered;
  for (const RequestRecord& r : answers) answered.insert(r.prompt_id);
  Suite tested = suite;
  std::erase_if(tested.items, [&](const SuiteItem& item) {
    return item.tests.empty() || answered.count(item.id) == 0;
  });
  if (tested.items.empty()) return {};
  const auto note = [&](const std::string& line) { io.err << line << "\n" << std::flush; };
  const std::string cache = verdict_cache_file(note);
  check_tests(tested, cache, note, {}, "nothing was scored");
  return cache;
}

ExitCode score_file(const EvalOptions& options, Streams io) {
  const Suite suite = quality::load_suite(options.suite);
  const auto answers = quality::read_answers(options.answers, suite);
  QualityConfig config;
  config.pass_k = options.pass_k;
  for (const RequestRecord& r : answers)
    config.repeats = std::max<std::size_t>(config.repeats, r.planned.repeat + 1);
  const std::string cache = check_answered(suite, answers, io);
  auto scores = quality::score(suite, answers);
  const auto notes = add_executed(scores, suite, config, {cache, ""});
  print_scores(scores, notes, io.out);
  write_scores(scores, options.scores);
  return ExitCode::go;
}

}  // namespace

ExitCode execute(const EvalOptions& options, Streams io) {
  if (!options.answers.empty()) return score_file(options, io);
  if (options.endpoint.empty())
    throw Error(ExitCode::usage, describe({}, "--endpoint", "nothing",
                                          "a base URL, or --answers FILE to score a file"));
  if (options.pass_k > options.repeats)
    throw Error(ExitCode::usage, describe({}, "--pass-k", std::to_string(options.pass_k),
                                          fmt::format("at most --repeats, {}", options.repeats)));
  Interrupt interrupt;
  const Session session = prepare(scenario_of(options), {});
  DriveOptions drive_options;
  drive_options.out = options.out;
  drive_options.progress = options.progress;
  drive_options.only = Arm::baseline;
  drive_options.calibrate = false;  // no speed is judged
  const DriveResult driven = drive(session, drive_options, interrupt.token(), io.err);
  const store::StoredRun run = store::load_run(driven.run);
  const ScoredRun scored = score_run(run, session.scenario.quality);
  print_scores(scored.scores, scored.notes, io.out);
  write_scores(scored.scores, options.scores);
  io.out << "Raw records: " << driven.run << "\n";
  if (interrupt.requested()) return ExitCode::interrupted;
  return driven.interrupted ? ExitCode::unavailable : ExitCode::go;
}

}  // namespace abgate::cli
