#include "decision/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/rng.hpp"
#include "decision/algebra.hpp"
#include "decision/diagnosis.hpp"
#include "decision/inputs.hpp"
#include "decision/methods.hpp"
#include "decision/result.hpp"
#include "decision/summary.hpp"
#include "decision/validity.hpp"
#include "decision/words.hpp"

namespace abgate::decision {
namespace {

void dispatch(const Inputs& in, Method method, CriterionResult& out) {
  switch (method) {
    case Method::t_log_ratio:
    case Method::linear_margin:
    case Method::t_blocks:
    case Method::t_difference:
      return judge_block_values(in, method, out);
    case Method::exceedance:
      return judge_exceedance(in, out);
    case Method::error_share:
      return judge_error_share(in, out);
    case Method::observed_max:
      return judge_observed_max(in, out);
    case Method::error_count:
      return judge_error_count(in, out);
    case Method::restarts:
      return judge_restarts(in, out);
    case Method::memory:
      return judge_memory(in, out);
    case Method::quality_score:
    case Method::quality_level:
    case Method::quality_flips:
      return judge_quality(in, method, out);
    case Method::likelihood:
      return judge_likelihood(in, out);
  }
}

/// min_n of a block criterion counts the candidate's answered requests behind it.
void check_min_n(const Inputs& in, Method method, CriterionResult& out) {
  const Criterion& c = out.criterion;
  const bool block_statement = method == Method::t_log_ratio || method == Method::linear_margin ||
                               method == Method::t_blocks || method == Method::t_difference;
  if (!block_statement || c.min_n == 0 || out.result != Result::pass) return;
  const LoadPoint* point = point_of(in.scenario, c);
  const stats::RunCount load =
      load_failures(in.m, point == nullptr ? c.point : point->id, Arm::candidate);
  const std::size_t seen = load.attempted - load.exceeding;
  if (seen >= c.min_n) return;
  leave_open(out, "too_few",
             fmt::format("{} requests, want at least {}", count(seen), count(c.min_n)),
             fmt::format("send {} more requests", count(c.min_n - seen)));
}

CriterionResult judge_criterion(const Inputs& in, const Criterion& criterion) {
  CriterionResult out;
  out.criterion = criterion;
  out.alpha_pass = alpha_at_look(criterion.alpha, in.context.look, in.context.looks);
  out.alpha_fail = out.alpha_pass / static_cast<double>(std::max<std::size_t>(1, in.must));
  const MethodChoice choice = choose_method(criterion);
  if (!choice.ok) {
    leave_open(out, "no_method", choice.why, "correct the criterion");
    return out;
  }
  out.method = sentence_of(choice.method);
  dispatch(in, choice.method, out);
  check_min_n(in, choice.method, out);
  if (const auto missing = missing_for(in, criterion); !missing.empty()) {
    apply_missing(
        out, {fmt::format("{} ({})", counted(missing.size(), "planned piece"), missing.front())},
        "run the missing blocks again");
  } else if (out.code == "missing" && criterion.missing == MissingRule::fail &&
             out.result != Result::fail) {
    apply_missing(out, {out.reason}, out.next_step);
  }
  return out;
}

double largest_p(const Verdict& v) {
  double p = 0;
  bool any = false;
  for (const CriterionResult& r : v.criteria) {
    if (r.criterion.level != Level::must) continue;
    any = true;
    p = std::max(
        p, r.result == Result::pass ? r.p_value.value_or(r.alpha_pass) : r.p_value.value_or(1.0));
  }
  return any ? std::clamp(p, 0.0, 1.0) : 1.0;
}

}  // namespace

Verdict judge(const Scenario& scenario, const stats::Measurements& measurements,
              const stats::Comparison& comparison, const JudgeContext& context) {
  Inputs in{scenario, measurements, comparison, context};
  in.must = static_cast<std::size_t>(
      std::count_if(scenario.criteria.begin(), scenario.criteria.end(),
                    [](const Criterion& c) { return c.level == Level::must; }));
  in.minutes_per_block = measured_minutes_per_block(scenario, measurements);
  in.noise = noise_floor(scenario, measurements);
  if (!scenario.validity.aa_must_contain_one) in.noise.shifts.clear();

  Verdict verdict;
  verdict.simulated = measurements.simulated;
  verdict.criteria_hash = hash_of(scenario.criteria);
  verdict.look = static_cast<unsigned>(context.look);
  verdict.looks = static_cast<unsigned>(context.looks);
  verdict.regressed = context.regressed;
  verdict.aa_line = in.noise.line;
  for (const Criterion& c : scenario.criteria) verdict.criteria.push_back(judge_criterion(in, c));
  verdict.validity = check_validity(in);
  verdict.decision = decide(count_votes(verdict.criteria, verdict.validity));
  verdict.p_overall = largest_p(verdict);
  verdict.explanations = diagnose(in, verdict.criteria);
  summarise(in, verdict);
  return verdict;
}

std::string hash_of(const std::vector<Criterion>& criteria) {
  std::string text;
  for (const Criterion& c : criteria) {
    text += fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}\n", c.id, static_cast<int>(c.level),
                        c.metric, c.stat, static_cast<int>(c.form), static_cast<int>(c.op), c.value,
                        c.unit, c.point, c.method, c.alpha, c.min_n, static_cast<int>(c.missing));
  }
  return fmt::format("{:016x}", fnv1a(text));
}

}  // namespace abgate::decision
