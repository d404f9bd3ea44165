#include "decision/preview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "decision/algebra.hpp"
#include "decision/inputs.hpp"
#include "decision/lint.hpp"
#include "decision/methods.hpp"
#include "decision/preview_parts.hpp"
#include "decision/result.hpp"
#include "decision/words.hpp"
#include "stats/binomial.hpp"
#include "stats/planner.hpp"
#include "stats/quantile.hpp"

namespace abgate::decision {
namespace {

std::size_t measured_requests(const Cell& cell) {
  return static_cast<std::size_t>(
      std::count_if(cell.requests.begin(), cell.requests.end(),
                    [](const PlannedRequest& r) { return r.phase == Phase::measured; }));
}

Supply supply_of(const Scenario& scenario, const Plan& plan, const Criterion& c) {
  Supply s;
  const LoadPoint* point = point_of(scenario, c);
  for (const Step& step : plan.steps) {
    const Cell& cell = plan.cells[step.cell];
    if (std::find(step.arms.begin(), step.arms.end(), Arm::candidate) == step.arms.end()) continue;
    const std::size_t n = measured_requests(cell);
    if (cell.kind == CellKind::load) s.all += n;
    if (cell.kind == CellKind::quality) {
      s.all += n;
      s.items += n / std::max<std::size_t>(1, scenario.quality.repeats);
    }
    if (cell.kind != CellKind::load || point == nullptr || cell.point != point->id) continue;
    ++s.blocks;
    s.requests += n;
  }
  return s;
}

/// Seconds that one arm spends in a cell.
double cell_seconds(const Cell& cell, const PriorNoise& noise) {
  double tokens = 0;
  double last_due = 0;
  for (const PlannedRequest& r : cell.requests) {
    tokens += r.max_tokens;
    last_due = std::max(last_due, to_seconds(r.due));
  }
  const auto n = static_cast<double>(cell.requests.size());
  const double one = noise.ttft + noise.tpot * (n > 0 ? tokens / n : 0);
  if (cell.load.arrival != Arrival::closed) return last_due + one;
  const double streams = static_cast<double>(std::max<std::size_t>(1, cell.load.concurrency));
  const double work = std::ceil(n / streams) * one;
  return cell.load.duration ? std::min(work, to_seconds(*cell.load.duration) + one) : work;
}

void promise(CriterionPreview& out, const Criterion& c, double needed) {
  out.needed = needed;
  out.sentence = fmt::format("{} must truly be {} {} to pass in 9 of 10 runs", title_of(c),
                             upper_limit(c.op) ? "≤" : "≥", shown(c, needed));
}

/// Level at which the plan's last look claims a PASS.
double last_alpha(const Scenario& scenario, const Criterion& c) {
  return scenario.extension ? alpha_at_look(c.alpha, 2, 2) : c.alpha;
}

bool enough_blocks(const Scenario& scenario, const Supply& s, CriterionPreview& out) {
  const std::size_t need = std::max<std::size_t>(2, scenario.validity.min_blocks);
  if (s.blocks >= need) return true;
  refuse(out, fmt::format("{} planned, at least {} are wanted", counted(s.blocks, "block"), need),
         fmt::format("set blocks to {}", need));
  return false;
}

void preview_blocks(const Scenario& scenario, const Criterion& c, const Supply& s,
                    const PriorNoise& noise, CriterionPreview& out) {
  out.n = s.blocks;
  out.n_unit = "blocks";
  if (!enough_blocks(scenario, s, out)) return;
  if (s.requests < c.min_n) {
    return refuse(
        out, fmt::format("{} requests planned, min_n is {}", count(s.requests), count(c.min_n)),
        "send more requests per block");
  }
  const double sd = c.form == Form::candidate ? noise.level_sd : noise.block_sd;
  const auto gap = stats::smallest_gap(s.blocks, sd, last_alpha(scenario, c), kPreviewPower);
  if (!gap) return refuse(out, "no true value passes with this many blocks", "add blocks");
  if (c.form == Form::difference) {
    out.sentence =
        fmt::format("the difference must clear {} by {} of the baseline to pass in 9 of 10 runs",
                    shown(c, c.value), percent(*gap));
    return;
  }
  promise(out, c, c.value * std::exp(upper_limit(c.op) ? -*gap : *gap));
}

void preview_share(const Scenario& scenario, const Criterion& c, double allowed, std::size_t n,
                   const Supply& s, CriterionPreview& out) {
  out.n = n;
  out.n_unit = "requests";
  if (!enough_blocks(scenario, s, out)) return;
  const std::size_t need = std::max(c.min_n, stats::min_n_upper_bound(1 - allowed, 1 - c.alpha));
  if (n < need) {
    const std::size_t blocks = std::max<std::size_t>(1, s.blocks);
    return refuse(
        out,
        fmt::format("{} requests planned, at least {} are needed: with fewer not even 0 beyond the "
                    "limit would pass",
                    count(n), count(need)),
        fmt::format("send at least {} requests per block", count((need + blocks - 1) / blocks)));
  }
  const auto share = stats::largest_exceeding_share(n, allowed, last_alpha(scenario, c), kPreviewPower);
  if (!share)
    return refuse(out, "no true share passes with this many requests", "send more requests");
  out.needed = *share;
  out.sentence = fmt::format(
      "{}: truly at most {} of requests may miss it (allowed {}) to pass in 9 of 10 runs, less "
      "where runs differ",
      title_of(c), percent(*share), percent(allowed));
}

void preview_errors(const Criterion& c, const Supply& s, CriterionPreview& out) {
  out.n = c.point.empty() ? s.all : s.requests;
  out.n_unit = "requests";
  const std::size_t need = c.min_n > 0 ? c.min_n : kDefaultMinRequests;
  if (out.n < need) {
    return refuse(
        out, fmt::format("{} requests planned, at least {} are wanted", count(out.n), count(need)),
        fmt::format("send {} more requests", count(need - out.n)));
  }
  const double rate = 1 - std::pow(kPreviewPower, 1.0 / static_cast<double>(out.n));
  out.needed = rate;
  out.sentence = fmt::format(
      "no failure in {} requests is seen in 9 of 10 runs where the true rate is {}; it proves a "
      "rate below {}",
      count(out.n), percent(rate), percent(stats::zero_failures_upper(out.n, 1 - c.alpha)));
}

void dispatch(const Scenario& scenario, const Criterion& c, Method method, const Supply& s,
              const PriorNoise& noise, CriterionPreview& out) {
  switch (method) {
    case Method::t_log_ratio:
    case Method::linear_margin:
    case Method::t_blocks:
    case Method::t_difference:
      return preview_blocks(scenario, c, s, noise, out);
    case Method::exceedance: {
      const double p = percentile_of(c.stat);
      const bool slo = c.metric == "slo_attainment";
      return preview_share(scenario, c,
                           slo                 ? 1 - c.value
                           : upper_limit(c.op) ? 1 - p
                                               : p,
                           s.requests, s, out);
    }
    case Method::error_share:
      return preview_share(scenario, c, c.value, c.point.empty() ? s.all : s.requests, s, out);
    case Method::error_count:
      return preview_errors(c, s, out);
    case Method::memory:
      return preview_memory(scenario, c, out);
    case Method::quality_score:
    case Method::quality_level:
    case Method::quality_flips:
    case Method::likelihood:
      return preview_quality(scenario, c, s, noise, out);
    case Method::observed_max:
      out.n = s.requests;
      out.n_unit = "requests";
      return;
    case Method::restarts:
      return;
  }
}

/// Why lint refuses the criterion; without the plan, whose lint asks this preview.
std::optional<std::string> refused_by_lint(const Scenario& scenario, const Criterion& c) {
  Scenario alone = scenario;
  alone.criteria = {c};
  for (const LintFinding& f : lint(alone, nullptr)) {
    if (f.fatal) return sentence_of(f);
  }
  return std::nullopt;
}

CriterionPreview preview_one(const Scenario& scenario, const Plan& plan, const Criterion& c,
                             const PriorNoise& noise) {
  CriterionPreview out;
  out.id = c.id;
  out.title = title_of(c);
  const MethodChoice choice = choose_method(c);
  if (const auto why = refused_by_lint(scenario, c)) {
    refuse(out, *why, "correct the criterion");
  } else if (!choice.ok) {
    refuse(out, choice.why, "correct the criterion");
  } else {
    dispatch(scenario, c, choice.method, supply_of(scenario, plan, c), noise, out);
  }
  return out;
}

}  // namespace

void refuse(CriterionPreview& out, std::string why, std::string remedy) {
  out.can_pass = false;
  out.why_not = std::move(why);
  out.remedy = std::move(remedy);
}

Preview preview(const Scenario& scenario, const Plan& plan, const PriorNoise& noise) {
  Preview out;
  for (const Step& step : plan.steps) {
    const Cell& cell = plan.cells[step.cell];
    const double seconds = cell_seconds(cell, noise);
    out.minutes += seconds / 60 * (step.at_once ? 1.0 : static_cast<double>(step.arms.size()));
    out.requests += cell.requests.size() * step.arms.size();
    if (cell.kind == CellKind::load) out.blocks = std::max<std::size_t>(out.blocks, cell.block + 1);
  }
  out.go_power = 1;
  bool any_must = false;
  for (const Criterion& c : scenario.criteria) {
    out.criteria.push_back(preview_one(scenario, plan, c, noise));
    if (c.level != Level::must) continue;
    any_must = true;
    out.can_go = out.can_go && out.criteria.back().can_pass;
    const MethodChoice choice = choose_method(c);
    if (choice.ok && !is_exact(choice.method)) out.go_power *= kPreviewPower;
  }
  out.can_go = out.can_go && any_must;
  if (!out.can_go) out.go_power = 0;
  if (scenario.extension) {
    out.notes.push_back(fmt::format(
        "one extension is declared: {} blocks, then at most {}; minutes, requests and power are of "
        "both looks together, the second claims at {}",
        scenario.blocks, scenario.blocks_at_most(), percent(1 - alpha_at_look(0.05, 2, 2))));
  }
  out.notes.push_back(
      fmt::format("assumed: {} noise of block ratios, {} of block means, {} of answers differing, "
                  "TTFT {}, {} per token",
                  percent(noise.block_sd), percent(noise.level_sd), percent(noise.discordance),
                  quantity(noise.ttft, "s"), quantity(noise.tpot, "s")));
  return out;
}

}  // namespace abgate::decision
