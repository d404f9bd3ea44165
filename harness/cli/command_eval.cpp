#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/drive.hpp"
#include "cli/interrupt.hpp"
#include "cli/judge_run.hpp"
#include "cli/session.hpp"
#include "quality/suite.hpp"
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
  s.quality.suite = std::filesystem::absolute(options.suite).string();
  s.quality.concurrency = options.concurrency;
  s.quality.limit = options.limit;
  s.aa_blocks = 0;
  s.seeds.prompts = s.seeds.schedule = s.seeds.blocks = s.seeds.bootstrap = s.seeds.base;
  const Suite suite = quality::stream_suite(options.suite, [&](SuiteItem&& item) {
    if (item.kind == ItemKind::chat) s.api = Api::chat;
  });
  return s;
}

struct Mean {
  double sum = 0;
  std::size_t n = 0;
};

void print_scores(const std::vector<ItemScore>& scores, std::ostream& out) {
  std::map<std::string, std::map<std::string, Mean>> table;  // category -> metric
  std::size_t unanswered = 0;
  for (const auto& s : scores) {
    if (!s.answered) {
      ++unanswered;
      continue;
    }
    for (const auto& [metric, value] : s.scores) {
      for (const std::string& group : {std::string("all"), s.category}) {
        table[group][metric].sum += value;
        ++table[group][metric].n;
      }
    }
  }
  const std::vector<std::string> metrics{"em_ws",         "em_line1", "edit_similarity",
                                         "identifier_f1", "chrf",     "pass1"};
  out << fmt::format("{:<24} {:>6}", "category", "n");
  for (const auto& metric : metrics) out << fmt::format(" {:>16}", metric);
  out << "\n";
  for (const auto& [group, means] : table) {
    std::size_t n = 0;
    for (const auto& [metric, mean] : means) n = std::max(n, mean.n);
    out << fmt::format("{:<24} {:>6}", group, n);
    for (const auto& metric : metrics) {
      const auto it = means.find(metric);
      out << (it == means.end()
                  ? fmt::format(" {:>16}", "-")
                  : fmt::format(" {:>16.4f}", it->second.sum / static_cast<double>(it->second.n)));
    }
    out << "\n";
  }
  if (unanswered > 0)
    out << fmt::format("{} items were not answered; see the raw records\n", unanswered);
}

}  // namespace

ExitCode execute(const EvalOptions& options, Streams io) {
  Interrupt interrupt;
  const Session session = prepare(scenario_of(options), {});
  DriveOptions drive_options;
  drive_options.out = options.out;
  drive_options.progress = options.progress;
  drive_options.only = Arm::baseline;
  drive_options.calibrate = false;  // no speed is judged
  const DriveResult driven = drive(session, drive_options, interrupt.token(), io.err);
  print_scores(score_run(store::load_run(driven.run)), io.out);
  io.out << "Raw records: " << driven.run << "\n";
  if (interrupt.requested()) return ExitCode::interrupted;
  return driven.interrupted ? ExitCode::unavailable : ExitCode::go;
}

}  // namespace abgate::cli
