#include "decision/result.hpp"

#include <fmt/format.h>

#include <cmath>

#include "decision/algebra.hpp"
#include "decision/words.hpp"
#include "stats/planner.hpp"

namespace abgate::decision {
namespace {

constexpr double kPower = 0.8;  // "expected to decide"

std::string_view pass_side(Op op) {
  return upper_limit(op) ? "upper" : "lower";
}
std::string_view fail_side(Op op) {
  return upper_limit(op) ? "lower" : "upper";
}

/// The operator of the complement, for "1.98 < 2.00" where ≥ is required.
std::string_view opposite(Op op) {
  switch (op) {
    case Op::lt:
      return "≥";
    case Op::le:
      return ">";
    case Op::gt:
      return "≤";
    case Op::ge:
      return "<";
    case Op::eq:
      return "≠";
  }
  return "?";
}

}  // namespace

std::string shown(const Criterion& criterion, double value) {
  const MetricInfo* info = find_metric(criterion.metric);
  const std::string text = number_against(value, criterion.value);
  if (criterion.form == Form::ratio) {
    return criterion.metric.starts_with("quality.") ? text : text + "×";
  }
  return info == nullptr || info->unit.empty() ? text : text + " " + std::string(info->unit);
}

std::string required(const Criterion& criterion) {
  return fmt::format("{} {}", to_string(criterion.op), shown(criterion, criterion.value));
}

std::string title_of(const Criterion& criterion) {
  return criterion.title.empty() ? criterion.id : criterion.title;
}

void leave_open(CriterionResult& out, std::string code, std::string reason, std::string next_step) {
  out.result = Result::inconclusive;
  out.code = std::move(code);
  out.reason = std::move(reason);
  out.next_step = std::move(next_step);
}

void settle(CriterionResult& out, std::optional<double> pass, std::optional<double> fail,
            std::optional<double> other, const std::string& support) {
  const Criterion& c = out.criterion;
  out.bound = pass;
  out.other_bound = other;
  out.result = classify(c.op, c.value, pass, fail);
  const std::string threshold = shown(c, c.value);
  switch (out.result) {
    case Result::pass:
      out.code = "bound_holds";
      out.reason = fmt::format("{} bound {} {} {} ({})", pass_side(c.op), shown(c, *pass),
                               to_string(c.op), threshold, support);
      break;
    case Result::fail:
      out.code = "bound_violates";
      out.reason = fmt::format("even the {} bound {} {} {} ({})", fail_side(c.op), shown(c, *fail),
                               opposite(c.op), threshold, support);
      break;
    case Result::inconclusive:
      out.code = "straddles";
      if (!pass || !other) {
        out.reason = fmt::format("no bound could be computed ({})", support);
      } else if (!acceptable(c.op, *other, c.value)) {
        out.code = "within_noise";
        out.reason = fmt::format(
            "bounds {} and {} miss {}, but by no more than two equal servers "
            "differed in the A/A blocks ({})",
            shown(c, *pass), shown(c, *other), threshold, support);
      } else if (upper_limit(c.op)) {
        out.reason = fmt::format("upper bound {} ≥ {}, lower bound {} ({})", shown(c, *pass),
                                 threshold, shown(c, *other), support);
      } else {
        out.reason = fmt::format("lower bound {} < {} ≤ {} upper bound ({})", shown(c, *pass),
                                 threshold, shown(c, *other), support);
      }
      break;
  }
}

void apply_missing(CriterionResult& out, const std::vector<std::string>& missing,
                   const std::string& next_step) {
  if (missing.empty()) return;
  if (out.result == Result::fail && out.code != "missing") {
    out.notes.push_back("the FAIL rests on the data that exist; missing: " + list(missing));
    return;
  }
  leave_open(out, "missing", "missing: " + list(missing), next_step);
  if (out.criterion.missing == MissingRule::fail) {
    out.result = Result::fail;
    out.reason += " (declared: missing data fail)";
  }
}

std::string more_blocks(const Inputs& in, std::size_t have, std::size_t need) {
  const std::size_t extra = need > have ? need - have : 1;
  const double per_block = in.context.minutes_per_block.value_or(in.minutes_per_block);
  const std::string time =
      per_block > 0 ? fmt::format(", {}", minutes(per_block * static_cast<double>(extra))) : "";
  return fmt::format(
      "{}{} (blocks: {})",
      extra == 1 ? "1 more block" : fmt::format("about {} more blocks", count(extra)), time,
      have + extra);
}

std::string blocks_to_decide(const Inputs& in, const CriterionResult& out, double gap, double sd) {
  const Criterion& c = out.criterion;
  const std::string measured = out.measured ? shown(c, *out.measured) : "value";
  const bool good = out.measured && acceptable(c.op, *out.measured, c.value);
  const double alpha = good ? out.alpha_pass : out.alpha_fail;
  const auto need = stats::blocks_needed(std::fabs(gap), sd, alpha, kPower, 1000);
  if (!need) {
    return fmt::format(
        "the measured {} lies too close to {} for any affordable number of blocks: "
        "reduce the noise between blocks or accept the open result",
        measured, shown(c, c.value));
  }
  const std::string blocks = more_blocks(in, out.n, *need);
  return good ? "expected to decide: " + blocks
              : fmt::format(
                    "the measured {} does not meet {}: improve the candidate, or prove it "
                    "with {}",
                    measured, required(c), blocks);
}

}  // namespace abgate::decision
