#include "cli/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "config/scenario_file.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "decision/lint.hpp"
#include "load/plan.hpp"
#include "load/synthetic.hpp"
#include "quality/suite.hpp"
#include "quality/syntax.hpp"

namespace abgate::cli {

namespace {

/// Items as prompts; chat items and completion items cannot be sent through the other API.
load::PromptSet render(const Suite& suite, const std::vector<const SuiteItem*>& items,
                       const Scenario& scenario) {
  const auto* fim = quality::find_fim_template(scenario.quality.fim_template);
  ABGATE_ASSERT(fim != nullptr);  // config refuses unknown templates
  load::PromptSet out;
  for (const SuiteItem* item : items) {
    const bool chat = item->kind == ItemKind::chat;
    if (chat != (scenario.api == Api::chat)) {
      throw DataError(
          {suite.path, 0, 0}, fmt::format("item {}", item->id),
          fmt::format("kind {}", to_string(item->kind)),
          fmt::format("items for the {} API (`api` in the scenario)", to_string(scenario.api)));
    }
    PlannedPrompt prompt;
    prompt.id = item->id;
    if (chat) {
      prompt.messages = item->messages;
    } else {
      prompt.text = quality::render_prompt(*item, *fim);
    }
    if (item->kind == ItemKind::fim) prompt.stop = fim->stops;
    out.prompts.push_back(std::move(prompt));
    out.max_tokens.push_back(item->max_tokens);
  }
  return out;
}

/// Every answer as long as the scenario says. Stop strings would end some early, and servers hold
/// text back while it could become one, which would count as time to first token.
void exact_lengths(load::PromptSet& set) {
  set.max_tokens.clear();
  for (auto& prompt : set.prompts) prompt.stop.clear();
}

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

Suite read_suite(const Scenario& scenario, const std::string& file) {
  return quality::load_suite(config::resolve_path(scenario.path, file));
}

}  // namespace

Session prepare(const ScenarioOptions& options) {
  auto all = overrides(options);
  auto scenario = config::load_scenario(options.scenario, all, config::Secrets::require);
  return prepare(std::move(scenario), std::move(all));
}

Session prepare(Scenario scenario, std::vector<std::string> overrides) {
  Session session;
  session.scenario = std::move(scenario);
  session.overrides = std::move(overrides);
  const Scenario& s = session.scenario;

  load::PromptSet load_prompts, quality_prompts;
  const std::size_t wanted = load::prompts_wanted(s);
  if (s.workload.kind == Workload::Kind::synthetic) {
    load_prompts = load::make_synthetic_prompts(s, wanted);
  } else if (!s.points.empty()) {
    session.workload = read_suite(s, s.workload.suite);
    std::vector<const SuiteItem*> items;
    for (const auto& item : session.workload->items) items.push_back(&item);
    load_prompts = render(*session.workload, items, s);
    if (s.sampling.ignore_eos) exact_lengths(load_prompts);
    if (wanted > items.size()) {
      session.notes.push_back(fmt::format(
          "{} requests a run are drawn from {} prompts: prompts repeat ({})", wanted, items.size(),
          s.workload.cache == CachePolicy::cold ? "each with its own salt, so no prefix is reused"
                                                : "their prefixes may be cached"));
    }
  }
  if (!s.quality.suite.empty()) {
    session.quality = read_suite(s, s.quality.suite);
    quality_prompts = render(*session.quality,
                             chosen_items(*session.quality, s.quality.limit, s.seeds.prompts), s);
  }
  session.plan = load::make_plan(s, std::move(load_prompts), std::move(quality_prompts));
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
