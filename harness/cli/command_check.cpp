#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/ask.hpp"
#include "cli/cache_file.hpp"
#include "cli/commands.hpp"
#include "cli/grader_check.hpp"
#include "cli/plugin_pass.hpp"
#include "cli/preflight.hpp"
#include "cli/session.hpp"
#include "config/scenario_file.hpp"
#include "core/error.hpp"
#include "decision/lint.hpp"

namespace abgate::cli {

namespace {

void print_facts(const ServerFacts& facts, const ArmConfig& arm, std::ostream& out) {
  out << fmt::format("{} ({}): {}\n", to_string(facts.arm),
                     arm.label.empty() ? facts.model : arm.label, facts.url);
  out << fmt::format("  model {}{}, version {}{}\n", facts.model,
                     facts.model_root.empty() ? "" : " from " + facts.model_root,
                     facts.version.empty() ? "unknown" : facts.version,
                     facts.simulated ? ", SIMULATED" : "");
  out << (facts.max_model_len ? fmt::format("  context {} tokens", *facts.max_model_len)
                              : std::string("  context unknown"));
  out << (facts.prompt_tokens_mean
              ? fmt::format(", prompts {:.0f} tokens on average\n", *facts.prompt_tokens_mean)
              : std::string(", no /tokenize\n"));
}

}  // namespace

ExitCode execute(const CheckOptions& options, Streams io) {
  const Session session = prepare(options.input);
  const Scenario& s = session.scenario;
  io.out << fmt::format("{}: {} cells, {} criteria, plan {}\n", s.path, session.plan.cells.size(),
                        s.criteria.size(), session.plan.hash);
  for (const auto& note : session.notes) io.out << "note: " << note << "\n";
  for (const auto& finding : decision::lint(s, &session.plan)) {
    io.out << (finding.fatal ? "error: " : "warning: ") << finding.key << ": "
           << decision::sentence_of(finding) << "\n";
    if (finding.fatal) return ExitCode::bad_scenario;
  }
  for (const auto& warning : suite_warnings(session)) io.out << "warning: " << warning << "\n";
  if (options.offline) {
    io.out << "The scenario is valid. Nobody was contacted (--offline).\n";
    return ExitCode::go;
  }
  const Note say = [&](const std::string& line) { io.out << line << "\n" << std::flush; };
  check_grader(session, verdict_cache_file(say), say, {});
  check_scorer(session, say, {});
  const Preflight checked = preflight(s, session.plan, {Arm::baseline, Arm::candidate}, make_ask());
  for (const auto& facts : checked.facts) print_facts(facts, s.arm(facts.arm), io.out);
  if (checked.logprobs && checked.logprobs->why.empty())
    io.out << describe(*checked.logprobs) << "\n";
  for (const auto& note : checked.notes) io.out << "note: " << note << "\n";
  io.out << "Both servers answer. Next: abgate plan " << s.path << ", then abgate compare "
         << s.path << "\n";
  return ExitCode::go;
}

ExitCode execute(const SchemaOptions&, Streams io) {
  io.out << config::json_schema();
  return ExitCode::go;
}

}  // namespace abgate::cli
