// Percentile limits, objectives and error rates: shares of requests, judged over requests and over
// runs.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "decision/algebra.hpp"
#include "decision/result.hpp"
#include "decision/share_result.hpp"
#include "decision/words.hpp"
#include "stats/exceedance.hpp"
#include "stats/quantile.hpp"

namespace abgate::decision {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The candidate's values run by run, oriented so that "bad" is large: failed requests at
/// +infinity.
struct Runs {
  std::vector<std::vector<double>> values;  ///< ascending
  double sign = 1;                          ///< -1: the criterion asks for large values
  std::size_t total = 0, failed = 0;
  std::size_t lacking = 0;             ///< successes without a value; in `values` only if asked for
  std::vector<std::size_t> uncertain;  ///< failed and lacking, run by run
};

/// `lacking_bad`: successes without a value stand at +infinity too.
Runs runs_of(const Inputs& in, const Criterion& c, std::string_view point,
             bool lacking_bad = false) {
  Runs runs;
  runs.sign = upper_limit(c.op) ? 1 : -1;
  for (const stats::BlockArm* block : blocks_of(in.m, point, Arm::candidate)) {
    std::vector<double> values = stats::request_values(*block, c.metric, false);
    for (double& v : values) v *= runs.sign;
    values.insert(values.end(), block->failed, kInfinity);
    const auto lacking = static_cast<std::size_t>(
        std::count_if(block->requests.begin(), block->requests.end(),
                      [&](const stats::RequestMetrics& r) { return lacks_value(r, c.metric); }));
    if (lacking_bad) values.insert(values.end(), lacking, kInfinity);
    runs.lacking += lacking;
    std::sort(values.begin(), values.end());
    runs.total += values.size();
    runs.failed += block->failed;
    if (values.empty()) continue;
    runs.uncertain.push_back(block->failed + lacking);
    runs.values.push_back(std::move(values));
  }
  return runs;
}

/// Requests on the wrong side of `limit` (oriented). `equal_is_bad`: the criterion is strict.
std::vector<stats::RunCount> beyond(const Runs& runs, double limit, bool equal_is_bad) {
  std::vector<stats::RunCount> counts;
  counts.reserve(runs.values.size());
  for (const std::vector<double>& run : runs.values) {
    const auto first = equal_is_bad ? std::lower_bound(run.begin(), run.end(), limit)
                                    : std::upper_bound(run.begin(), run.end(), limit);
    counts.push_back({static_cast<std::size_t>(run.end() - first), run.size()});
  }
  return counts;
}

ShareStatement test(const Runs& runs, double limit, const Shares& s) {
  return state_share(beyond(runs, limit, s.strict), s.allowed, s.alpha_pass, s.alpha_fail);
}

/// Every finite value of every run, ascending.
std::vector<double> merged(const Runs& runs) {
  std::vector<double> all;
  all.reserve(runs.total);
  for (const std::vector<double>& run : runs.values) {  // ascending, failures at the end
    const auto middle = std::ssize(all);
    all.insert(all.end(), run.begin(), std::lower_bound(run.begin(), run.end(), kInfinity));
    std::inplace_merge(all.begin(), all.begin() + middle, all.end());
  }
  return all;
}

/// The percentile's bounds in its own unit, by inverting the two tests: the smallest value at which
/// the criterion would PASS (`upper`) or the largest at which it would FAIL.
std::optional<double> invert(const Runs& runs, const Shares& s, bool upper) {
  const std::vector<double> all = merged(runs);
  const auto holds = [&](double limit) {
    const auto counts = beyond(runs, limit, true);
    return upper ? share_is_below(counts, s.allowed, s.alpha_pass)
                 : !share_is_above(counts, s.allowed, s.alpha_fail);
  };
  // `holds` turns from false to true once as the limit grows: fewer requests lie beyond it.
  const auto first = std::partition_point(
      all.begin(), all.end(), [&](double v) { return !holds(std::nextafter(v, kInfinity)); });
  if (upper) return first == all.end() ? std::nullopt : std::optional(*first);
  return first == all.begin() ? std::nullopt : std::optional(*std::prev(first));
}

void check_interruptions(const Inputs& in, std::string_view point, CriterionResult& out) {
  std::size_t cut = 0;
  for (const stats::BlockArm* block : blocks_of(in.m, point, Arm::candidate))
    cut += block->interrupted ? 1 : 0;
  if (cut > 0)
    apply_missing(out, {counted(cut, "interrupted block")}, "run the interrupted blocks again");
}

std::optional<double> pooled_percentile(const Inputs& in, const Criterion& c,
                                        std::string_view point, Arm arm, double p) {
  std::vector<double> all;
  for (const stats::BlockArm* block : blocks_of(in.m, point, arm)) {
    const std::vector<double> values = stats::request_values(*block, c.metric, true);
    all.insert(all.end(), values.begin(), values.end());
  }
  return stats::quantile(all, p);
}

/// What the A/A blocks differed moves the limit: a PASS must hold at the stricter one, a FAIL at
/// the laxer one. (The means' shift stands for the percentile's.)
void survive_shift(const Runs& runs, const Shares& s, double limit, double shift,
                   CriterionResult& out) {
  if (shift <= 0 || out.result == Result::inconclusive) return;
  const bool pass = out.result == Result::pass;
  const double closer = limit - (pass ? 1 : -1) * std::fabs(limit) * std::expm1(shift);
  const ShareStatement moved = test(runs, closer, s);
  if (pass ? moved.below : moved.above) return;
  const std::string reason = out.reason;
  leave_open(
      out, "within_noise",
      fmt::format("{}, but by no more than two equal servers differed in the A/A blocks ({})",
                  reason, percent(std::expm1(shift))),
      "find what made the baseline differ from itself, then run again");
}

void judge_percentile(const Inputs& in, std::string_view point, CriterionResult& out) {
  const Criterion& c = out.criterion;
  const double p = percentile_of(c.stat);
  out.candidate = out.measured = pooled_percentile(in, c, point, Arm::candidate, p);
  out.baseline = pooled_percentile(in, c, point, Arm::baseline, p);
  const Runs runs = runs_of(in, c, point);
  if (too_few_runs(in, runs.values.size(), out)) return;
  const double allowed = upper_limit(c.op) ? 1 - p : p;
  const std::size_t need =
      std::max(c.min_n, stats::min_n_upper_bound(1 - allowed, 1 - out.alpha_pass));
  // Failed requests prove nothing of the percentile: they do not help to the number that it needs.
  if (too_few_requests(in, runs.total - runs.failed, need, out)) return;
  const Shares s{allowed, out.alpha_pass, out.alpha_fail, c.op == Op::lt || c.op == Op::gt};
  const ShareStatement e = test(runs, runs.sign * c.value, s);
  if (const auto bound = invert(runs, s, true)) out.bound = runs.sign * *bound;
  if (const auto bound = invert(runs, s, false)) out.other_bound = runs.sign * *bound;
  settle_share(in, e, s, fmt::format("not {}", required(c)), out);
  survive_shift(runs, s, runs.sign * c.value, in.noise.shift_of(c.metric, point), out);
  if (out.result == Result::pass && runs.failed + runs.lacking > 0) {
    const Runs all = runs_of(in, c, point, true);
    survive_uncertain(beyond(all, runs.sign * c.value, s.strict), all.uncertain, s, out);
  }
  if (runs.failed > 0)
    out.notes.push_back(counted(runs.failed, "failed request") + " counted as missing the limit");
}

/// Objectives met: judged on the share that misses them.
void judge_attainment(const Inputs& in, std::string_view point, CriterionResult& out) {
  const Criterion& c = out.criterion;
  const auto runs = stats::missing_slo(in.m, in.scenario.slo, point, Arm::candidate);
  std::vector<std::size_t> uncertain;  // in the order of `runs`
  for (const stats::BlockArm& b : in.m.blocks) {
    if (b.kind != CellKind::load || b.arm != Arm::candidate || b.point != point) continue;
    uncertain.push_back(static_cast<std::size_t>(std::count_if(
        b.requests.begin(), b.requests.end(),
        [](const stats::RequestMetrics& r) { return !r.success || lacks_value(r, "tpot"); })));
  }
  const std::size_t open = std::accumulate(uncertain.begin(), uncertain.end(), std::size_t{0});
  const Shares s{1 - c.value, out.alpha_pass, out.alpha_fail, true};
  const ShareStatement e = state_share(runs, s.allowed, s.alpha_pass, s.alpha_fail);
  if (too_few_runs(in, e.counts.runs, out) ||
      too_few_requests(in, e.counts.attempted - open, c.min_n, out))
    return;
  out.candidate = out.measured = 1 - seen_share(e);
  if (e.upper) out.bound = 1 - *e.upper;
  if (e.lower) out.other_bound = 1 - *e.lower;
  settle_share(in, e, s, "missed an objective", out);
  survive_uncertain(runs, uncertain, s, out);
}

}  // namespace

void judge_exceedance(const Inputs& in, CriterionResult& out) {
  const LoadPoint* at = point_of(in.scenario, out.criterion);
  const std::string point = at == nullptr ? out.criterion.point : at->id;
  if (out.criterion.metric == "slo_attainment") {
    judge_attainment(in, point, out);
  } else {
    judge_percentile(in, point, out);
  }
  check_interruptions(in, point, out);
}

void judge_error_share(const Inputs& in, CriterionResult& out) {
  const Criterion& c = out.criterion;
  std::vector<stats::RunCount> runs;
  for (const stats::BlockArm* block : blocks_of(in.m, c.point, Arm::candidate)) {
    if (block->attempted > 0) runs.push_back({block->failed, block->attempted});
  }
  const bool quality = c.point.empty() && in.m.quality_attempted[index_of(Arm::candidate)] > 0;
  if (quality) {
    runs.push_back({in.m.quality_failed[index_of(Arm::candidate)],
                    in.m.quality_attempted[index_of(Arm::candidate)]});
  }
  const Shares s{c.value, out.alpha_pass, out.alpha_fail, true};
  const ShareStatement e = state_share(runs, s.allowed, s.alpha_pass, s.alpha_fail);
  if (too_few_runs(in, e.counts.runs, out) ||
      too_few_requests(in, e.counts.attempted - e.counts.exceeding, c.min_n, out))
    return;
  out.candidate = out.measured = seen_share(e);
  out.bound = e.upper;
  out.other_bound = e.lower;
  settle_share(in, e, s, "failed", out);
  std::vector<std::size_t> failed;
  for (const stats::RunCount& run : runs) failed.push_back(run.exceeding);
  survive_uncertain(runs, failed, s, out);
  check_interruptions(in, c.point, out);
}

void judge_observed_max(const Inputs& in, CriterionResult& out) {
  const Criterion& c = out.criterion;
  const LoadPoint* at = point_of(in.scenario, c);
  const Runs runs = runs_of(in, c, at == nullptr ? c.point : at->id);
  out.n = runs.total;
  out.n_unit = "requests";
  if (runs.total == 0)
    return leave_open(out, "missing", "no request was measured", "measure the point");
  double worst = -kInfinity;
  for (const auto& run : runs.values) worst = std::max(worst, run.back());
  if (std::isfinite(worst)) out.measured = out.candidate = runs.sign * worst;
  const bool good = runs.failed == 0 && acceptable(c.op, runs.sign * worst, c.value);
  out.result = good ? Result::pass : Result::fail;
  out.code = good ? "observed" : "observed_violation";
  out.reason = runs.failed > 0
                   ? fmt::format("{} of {} requests failed and have no value", count(runs.failed),
                                 count(runs.total))
                   : fmt::format("worst of {} requests is {}, required {}", count(runs.total),
                                 shown(c, runs.sign * worst), required(c));
  out.notes.push_back("a fact about the requests sent; it bounds no other request");
  if (good && runs.lacking > 0) {
    leave_open(out, "missing", counted(runs.lacking, "answer") + " have no value",
               "make the server count tokens (stream_options include_usage) and run again");
  } else if (good && runs.total < c.min_n) {
    leave_open(out, "too_few",
               fmt::format("{} requests, want at least {}", count(runs.total), count(c.min_n)),
               fmt::format("send {} more requests", count(c.min_n - runs.total)));
  }
}

}  // namespace abgate::decision
