// Means, rates and percentile ratios: t statements on block values.

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "decision/algebra.hpp"
#include "decision/result.hpp"
#include "decision/words.hpp"
#include "stats/moments.hpp"
#include "stats/t_blocks.hpp"

namespace abgate::decision {
namespace {

/// Complete blocks only, and how many were not.
struct Pairs {
  std::vector<double> baseline, candidate;
  std::size_t incomplete = 0;
  std::size_t requests = 0;  ///< of the candidate
  std::string why;
};

bool interrupted(const stats::Measurements& m, std::string_view point, std::uint32_t block) {
  for (const stats::BlockArm& b : m.blocks) {
    if (b.kind == CellKind::load && b.block == block && b.point == point && b.interrupted)
      return true;
  }
  return false;
}

Pairs pairs_of(const stats::Measurements& m, const Criterion& c, std::string_view point) {
  const stats::BlockSeries series = stats::block_series(m, c.metric, c.stat, point);
  Pairs out;
  out.why = series.why;
  out.requests = series.candidate_requests;
  for (std::size_t i = 0; i < series.blocks.size(); ++i) {
    const double b = series.baseline[i], x = series.candidate[i];
    const bool whole =
        std::isfinite(b) && std::isfinite(x) && !interrupted(m, point, series.blocks[i]);
    if (!whole) {
      ++out.incomplete;
      continue;
    }
    out.baseline.push_back(b);
    out.candidate.push_back(x);
  }
  return out;
}

/// A t statement in the criterion's unit, with the scale on which blocks are planned.
struct Statement {
  double value = 0;
  std::optional<double> pass, fail;
  std::optional<double> p;
  double gap = 0, sd = 0;
};

std::optional<double> end_of(const stats::Estimate& e, bool upper) {
  return upper ? e.hi : e.lo;
}

Statement from(const stats::Estimate& at_pass, const stats::Estimate& at_fail, bool upper,
               const stats::OneSided& test) {
  Statement s;
  s.value = at_pass.value.value_or(stats::kUndefined);
  s.pass = end_of(at_pass, upper);
  s.fail = end_of(at_fail, !upper);
  s.p = upper ? test.p_below : test.p_above;
  return s;
}

Statement ratio_statement(const Pairs& x, const CriterionResult& r) {
  const Criterion& c = r.criterion;
  const auto interval = [&](double alpha) {
    return stats::t_log_ratio(x.baseline, x.candidate, stats::level_for(alpha));
  };
  Statement s = from(interval(r.alpha_pass), interval(r.alpha_fail), upper_limit(c.op),
                     stats::test_log_ratio(x.baseline, x.candidate, c.value));
  s.gap = std::log(s.value / c.value);
  s.sd = stats::sd_log_ratio(x.baseline, x.candidate).value_or(stats::kUndefined);
  return s;
}

/// Bounds are those of D = candidate - value·baseline, shown as a ratio: value + D/mean(baseline).
Statement margin_statement(const Pairs& x, const CriterionResult& r) {
  const Criterion& c = r.criterion;
  const auto interval = [&](double alpha) {
    return stats::t_margin(x.baseline, x.candidate, c.value, stats::level_for(alpha));
  };
  Statement s = from(interval(r.alpha_pass), interval(r.alpha_fail), upper_limit(c.op),
                     stats::test_margin(x.baseline, x.candidate, c.value));
  std::vector<double> margins(x.baseline.size());
  for (std::size_t i = 0; i < margins.size(); ++i)
    margins[i] = x.candidate[i] - c.value * x.baseline[i];
  s.gap = s.value;
  s.sd = stats::moments(margins).sd();
  const double base = stats::mean_finite(x.baseline);
  const auto as_ratio = [&](double d) { return c.value + d / base; };
  s.value = as_ratio(s.value);
  if (s.pass) s.pass = as_ratio(*s.pass);
  if (s.fail) s.fail = as_ratio(*s.fail);
  return s;
}

Statement mean_statement(std::span<const double> values, const CriterionResult& r) {
  const Criterion& c = r.criterion;
  Statement s = from(stats::t_mean(values, stats::level_for(r.alpha_pass)),
                     stats::t_mean(values, stats::level_for(r.alpha_fail)), upper_limit(c.op),
                     stats::test_mean(values, c.value));
  s.gap = s.value - c.value;
  s.sd = stats::moments(values).sd();
  return s;
}

Statement state(const Pairs& x, Method method, const CriterionResult& r) {
  if (method == Method::t_log_ratio) return ratio_statement(x, r);
  if (method == Method::linear_margin) return margin_statement(x, r);
  if (method == Method::t_blocks) return mean_statement(x.candidate, r);
  std::vector<double> difference(x.baseline.size());
  for (std::size_t i = 0; i < difference.size(); ++i)
    difference[i] = x.candidate[i] - x.baseline[i];
  return mean_statement(difference, r);
}

/// A bound moved towards its threshold by what two equal servers differed: a factor e^shift, of a
/// difference the same share of the baseline.
std::optional<double> moved(std::optional<double> bound, double shift, bool up,
                            const CriterionResult& r) {
  if (!bound || shift <= 0) return bound;
  if (r.criterion.form == Form::difference) {
    const double by = std::expm1(shift) * std::fabs(r.baseline.value_or(0));
    return *bound + (up ? by : -by);
  }
  return *bound <= 0 ? bound : std::optional(*bound * std::exp(up ? shift : -shift));
}

/// Withdraws a PASS that clears its threshold by less than two equal servers differed.
void survive_noise(double shift, CriterionResult& out) {
  if (out.result != Result::pass || shift <= 0) return;
  const Criterion& c = out.criterion;
  const auto pass = moved(out.bound, shift, upper_limit(c.op), out);
  if (pass && acceptable(c.op, *pass, c.value)) return;
  const std::string reason = out.reason;
  leave_open(
      out, "within_noise",
      fmt::format("{}, but by no more than two equal servers differed in the A/A blocks ({})",
                  reason, percent(std::expm1(shift))),
      "find what made the baseline differ from itself, then run again");
}

/// A minimum effect below the noise floor cannot be told from two equal servers: where the bound
/// that decides lies within the floor around 1, nothing is claimed. A threshold of 1 declares no
/// minimum effect.
void refuse_below_floor(double floor, CriterionResult& out) {
  const Criterion& c = out.criterion;
  if (out.result == Result::inconclusive || c.form != Form::ratio || floor <= 0) return;
  const double effect = std::fabs(std::log(c.value));
  if (effect < 1e-12 || effect >= floor) return;
  const auto& deciding = out.result == Result::pass ? out.bound : out.other_bound;
  if (!deciding || !(*deciding > 0) || std::fabs(std::log(*deciding)) >= floor) return;
  leave_open(out, "below_noise_floor",
             fmt::format("the minimum effect {} lies below the noise floor of this run (±{} "
                         "between two equal servers in the A/A blocks), and so does the bound {}",
                         shown(c, c.value), percent(std::expm1(floor)), shown(c, *deciding)),
             fmt::format("ask for an effect of at least {}, or lower the noise with longer blocks",
                         percent(std::expm1(floor))));
}

/// Withdraws a PASS that holds only because failed requests were left out.
void survive_failures(const Inputs& in, Method method, std::string_view point,
                      CriterionResult& out) {
  if (out.result != Result::pass) return;
  const auto worst = with_failures_at_worst(in.m, point);
  if (!worst) return;
  const Pairs x = pairs_of(*worst, out.criterion, point);
  const Statement s = state(x, method, out);
  if (s.pass && acceptable(out.criterion.op, *s.pass, out.criterion.value)) return;
  const bool failed = load_failures(in.m, point, Arm::candidate).exceeding +
                          load_failures(in.m, point, Arm::baseline).exceeding >
                      0;
  const std::string bound = s.pass ? shown(out.criterion, *s.pass) : "not defined";
  if (failed) {
    return leave_open(
        out, "failed_requests",
        fmt::format("holds only while failed requests are left out; counted at the slowest success "
                    "the bound is {}",
                    bound),
        "remove the cause of the failed requests and run again");
  }
  leave_open(out, "missing",
             fmt::format("holds only while answers without a value are left out; counted at the "
                         "slowest answer the bound is {}",
                         bound),
             "make the server count tokens (stream_options include_usage) and run again");
}

/// Tokens that were never counted are missing from a block's throughput.
void miss_uncounted(const Inputs& in, std::string_view point, CriterionResult& out) {
  if (out.criterion.metric != "throughput") return;
  const std::size_t n = lacking(in.m, point, Arm::baseline, "throughput") +
                        lacking(in.m, point, Arm::candidate, "throughput");
  if (n == 0) return;
  apply_missing(out, {fmt::format("the token count of {}", counted(n, "answer"))},
                "make the server count tokens (stream_options include_usage) and run again");
}

void distrust_failing_baseline(const Inputs& in, std::string_view point, CriterionResult& out) {
  if (out.result != Result::pass || out.criterion.form == Form::candidate) return;
  const stats::RunCount failed = load_failures(in.m, point, Arm::baseline);
  const double share = failed.attempted == 0 ? 0
                                             : static_cast<double>(failed.exceeding) /
                                                   static_cast<double>(failed.attempted);
  if (share <= kMaxBaselineFailures) return;
  leave_open(
      out, "baseline_failing",
      fmt::format("the baseline itself failed {} of {} requests ({}): a comparison with it proves "
                  "nothing",
                  count(failed.exceeding), count(failed.attempted), percent(share)),
      "bring the baseline to a healthy state and run again");
}

void show_arms(const Pairs& x, CriterionResult& out) {
  out.candidate = stats::mean_finite(x.candidate);
  if (!x.baseline.empty()) out.baseline = stats::mean_finite(x.baseline);
}

}  // namespace

void judge_block_values(const Inputs& in, Method method, CriterionResult& out) {
  const Criterion& c = out.criterion;
  const LoadPoint* point = point_of(in.scenario, c);
  const std::string at = point == nullptr ? c.point : point->id;
  out.n_unit = "blocks";
  const Pairs x = pairs_of(in.m, c, at);
  out.n = x.candidate.size();
  if (x.candidate.empty()) {
    return leave_open(out, "missing",
                      x.why.empty() ? "no block with values of both arms at " + at : x.why,
                      "measure the point: " + more_blocks(in, 0, in.scenario.validity.min_blocks));
  }
  show_arms(x, out);
  const Statement s = state(x, method, out);
  if (std::isfinite(s.value)) out.measured = s.value;
  if (out.n < std::max<std::size_t>(2, in.scenario.validity.min_blocks)) {
    return leave_open(
        out, "too_few",
        fmt::format("{} of both arms, want at least {}", counted(out.n, "complete block"),
                    in.scenario.validity.min_blocks),
        more_blocks(in, out.n, in.scenario.validity.min_blocks));
  }
  out.p_value = s.p;
  const double shift = in.noise.shift_of(c.metric, at);
  settle(out, s.pass, moved(s.fail, shift, !upper_limit(c.op), out), s.fail,
         counted(out.n, "block"));
  survive_noise(shift, out);
  refuse_below_floor(in.noise.floor_of(c.metric, at), out);
  survive_failures(in, method, at, out);
  distrust_failing_baseline(in, at, out);
  if (out.code == "straddles" || out.code == "within_noise")
    out.next_step = blocks_to_decide(in, out, s.gap, s.sd);
  miss_uncounted(in, at, out);
  if (x.incomplete > 0) {
    apply_missing(out, {counted(x.incomplete, "incomplete block") + " at " + at},
                  "run the incomplete blocks again");
  }
}

}  // namespace abgate::decision
