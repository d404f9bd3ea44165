#include "cli/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/workload_prompts.hpp"
#include "config/scenario_file.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "decision/lint.hpp"
#include "load/plan.hpp"
#include "quality/syntax.hpp"

namespace abgate::cli {

namespace {

constexpr const char* kAssumedSizing =
    "one token a word assumed, no server was asked (a run asks before it sends)";

std::vector<const SuiteItem*> chosen_items(const Suite& suite, std::size_t limit,
                                           std::uint64_t seed) {
  std::vector<const SuiteItem*> items;
  for (const auto& item : suite.items) items.push_back(&item);
  if (limit > 0 && limit < items.size()) {
    Rng rng(derive_seed(seed, "quality-items"));
    shuffle(std::span(items), rng);
    items.resize(limit);
  }
  return items;
}

}  // namespace

Session prepare(const ScenarioOptions& options) {
  auto all = overrides(options);
  auto scenario = config::load_scenario(options.scenario, all, config::Secrets::require);
  return prepare(std::move(scenario), std::move(all));
}

Session prepare_to_drive(const ScenarioOptions& options, Arm arm, const Ask& ask,
                         const std::function<void(const Session&)>& before) {
  auto all = overrides(options);
  auto scenario = config::load_scenario(options.scenario, all, config::Secrets::require);
  std::optional<PromptSizing> sizing;
  if (!scenario.points.empty() && makes_text_up(scenario.workload)) {
    before(prepare(scenario, all));
    sizing = measure_prompt_sizing(scenario, arm, ask);
  }
  return prepare(std::move(scenario), std::move(all), sizing);
}

Session prepare(Scenario scenario, std::vector<std::string> overrides,
                const std::optional<PromptSizing>& sizing) {
  Session session;
  session.scenario = std::move(scenario);
  session.overrides = std::move(overrides);
  const Scenario& s = session.scenario;

  WorkloadPrompts prompts;
  load::PromptSet quality_prompts;
  if (!s.points.empty()) {
    prompts = workload_prompts(s, sizing ? sizing->words : load::WordCalibration{});
    session.suites = std::move(prompts.suites);
    session.files = std::move(prompts.files);
    session.notes = std::move(prompts.notes);
    if (makes_text_up(s.workload)) {
      session.prompt_sizing = sizing ? sizing->source : kAssumedSizing;
      session.notes.push_back("made-up prompts: " + session.prompt_sizing);
    }
  }
  if (!s.quality.suite.empty()) {
    session.quality = read_suite(s, s.quality.suite);
    quality_prompts = render(*session.quality,
                             chosen_items(*session.quality, s.quality.limit, s.seeds.prompts), s);
  }
  session.plan = load::make_plan(s, std::move(prompts.set), std::move(quality_prompts));
  return session;
}

std::vector<std::string> suite_warnings(const Session& session) {
  std::vector<std::string> out;
  if (!session.quality) return out;
  const auto& items = session.quality->items;
  const auto any = [&](auto&& has) { return std::any_of(items.begin(), items.end(), has); };
  const bool tests = any([](const SuiteItem& i) { return !i.tests.empty(); });
  const bool parsers = any([](const SuiteItem& i) { return quality::has_parser(i.language); });
  for (const Criterion& c : session.scenario.criteria) {
    const bool executed = c.metric == "quality.pass1" || c.metric == "quality.pass_at_k";
    const char* lacks = executed && !tests                               ? "an item with tests"
                        : c.metric == "quality.syntax_valid" && !parsers ? "a language with a parser here"
                                                                         : nullptr;
    if (lacks != nullptr)
      out.push_back(fmt::format("criteria[{}].metric: saw {}, want {} in suite {}: it stays "
                                "INCONCLUSIVE",
                                c.id, c.metric, lacks, session.quality->name));
  }
  return out;
}

void check_criteria(const Session& session, std::ostream& err) {
  for (const auto& finding : decision::lint(session.scenario, &session.plan)) {
    if (finding.fatal) {
      throw ScenarioError({session.scenario.path, finding.line, 0}, finding.key, finding.seen,
                          finding.wanted);
    }
    err << "warning: " << decision::sentence_of(finding) << "\n";
  }
  for (const auto& warning : suite_warnings(session)) err << "warning: " << warning << "\n";
}

}  // namespace abgate::cli
