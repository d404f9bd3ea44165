#include "report/criteria.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "report/format.hpp"

namespace abgate::report {

namespace {
using decision::CriterionResult;
using decision::Result;

enum class Kind { plain, ratio, loss, memory, failures, share };

/// A pass rate or score required to stay within some per cent of the baseline is spoken of as a
/// loss.
bool is_loss(const Criterion& c, const MetricInfo* info) {
  const bool higher = c.op == Op::gt || c.op == Op::ge;
  return info != nullptr && info->kind == "score" && info->better > 0 && c.form == Form::ratio &&
         higher && c.value <= 1;
}

Kind kind_of(const Criterion& c) {
  const MetricInfo* info = find_metric(c.metric);
  if (is_loss(c, info)) return Kind::loss;
  if (c.form == Form::ratio) return Kind::ratio;
  if (c.metric == "errors" && c.form == Form::candidate) return Kind::failures;
  if (info == nullptr) return Kind::plain;
  if (info->kind == "memory") return Kind::memory;
  const bool is_share =
      info->kind == "fraction" || (info->kind == "score" && c.metric != "quality.ppl_ratio");
  return is_share ? Kind::share : Kind::plain;
}

std::string unit_of(const Criterion& c) {
  const MetricInfo* info = find_metric(c.metric);
  return info == nullptr ? c.unit : std::string(info->unit);
}

std::string with_unit(const std::string& number, const Criterion& c) {
  const std::string unit = unit_of(c);
  return unit.empty() ? number : number + " " + unit;
}

/// "−2.02 % (−1.80 points)" for a ratio of scores.
std::string change_text(const CriterionResult& r) {
  const double change = *r.measured - 1;
  std::string out = percent_against(change, r.criterion.value - 1);
  if (change > 0) out = "+" + out;
  if (r.candidate && r.baseline) out += fmt::format(" ({})", points(*r.candidate - *r.baseline));
  return out;
}

std::string measured_text(const CriterionResult& r) {
  if (!r.measured || std::isnan(*r.measured)) return "not measured";
  switch (kind_of(r.criterion)) {
    case Kind::loss:
      return change_text(r);
    case Kind::failures:
      return fmt::format("{} of {}", count(static_cast<std::size_t>(*r.measured)), count(r.n));
    case Kind::memory:
      if (r.criterion.form != Form::candidate) break;
      return fmt::format("{} ({})", value_text(r.criterion, *r.measured), gib(*r.measured));
    default:
      break;
  }
  return value_text(r.criterion, *r.measured);
}

std::string required_text(const Criterion& c) {
  const std::string_view op = to_string(c.op);
  switch (kind_of(c)) {
    case Kind::loss:
      return fmt::format("loss {} {} % of the baseline", c.op == Op::gt ? "<" : "≤",
                         exact(100 * (1 - c.value)));
    case Kind::failures:
      if (c.op == Op::eq && c.value == 0) return "0";
      break;
    case Kind::ratio:
      return fmt::format("{} {}×", op, exact(c.value));
    case Kind::share:
      return fmt::format("{} {} %", op, exact(100 * c.value));
    default:
      break;
  }
  return fmt::format("{} {}", op, with_unit(exact(c.value), c));
}

bool is_exact(const CriterionResult& r) {
  return r.code.starts_with("observed") ||
         (r.bound && r.measured && *r.bound == *r.measured && r.p_value == 0.0);
}

std::string loss_text(const Criterion& c, double ratio, bool at_least) {
  const double loss = 1 - ratio;
  const std::string size = percent_against(std::fabs(loss), loss < 0 ? 0 : 1 - c.value);
  // "at least 3 % better" is the same statement as "at most 3 % worse" with the sign turned.
  const std::string_view op = at_least == (loss >= 0) ? "≥" : "≤";
  return fmt::format("{} {} {}", op, size, loss >= 0 ? "worse" : "better");
}

/// A one-sided bound with its direction; `lower`: the true value is at least that.
std::string one_sided(const Criterion& c, double bound, bool lower) {
  if (kind_of(c) == Kind::loss) return loss_text(c, bound, !lower);
  return fmt::format("{} {}", lower ? "≥" : "≤", value_text(c, bound));
}

/// The bound that decided: for a FAIL the one that a FAIL needs, with its own level.
std::string bound_text(const CriterionResult& r) {
  const Criterion& c = r.criterion;
  if (kind_of(c) == Kind::failures && r.measured && *r.measured == 0 && r.n > 0) {
    // What 0 of n proves: p < 1 - alpha^(1/n) (exact binomial).
    return "rate < " + percent(1 - std::pow(r.alpha_pass, 1 / static_cast<double>(r.n)));
  }
  if (is_exact(r)) return "exact";
  const bool lower_passes = c.op == Op::gt || c.op == Op::ge;
  const bool failed = r.result == Result::fail && r.other_bound;
  const std::optional<double> bound = failed ? r.other_bound : r.bound;
  if (!bound || !std::isfinite(*bound)) return std::string(kNone);
  std::string out = one_sided(c, *bound, lower_passes != failed);
  if (failed && r.alpha_fail != r.alpha_pass) out += fmt::format(" ({})", level_text(r.alpha_fail));
  return out;
}

std::string baseline_text(const CriterionResult& r) {
  if (!r.baseline) return std::string(kNone);
  if (kind_of(r.criterion) == Kind::failures) return number(*r.baseline);
  return own_value_text(r.criterion, *r.baseline);
}

std::string n_text(const CriterionResult& r) {
  if (r.n_unit.empty()) return count(r.n);
  const bool one = r.n == 1 && r.n_unit.ends_with('s');
  return fmt::format("{} {}", count(r.n), one ? r.n_unit.substr(0, r.n_unit.size() - 1) : r.n_unit);
}

/// Distance of the bound from the threshold below which a PASS is called narrow, relative to the
/// threshold (for a loss: to the loss allowed).
constexpr double kNarrow = 0.05;

bool is_narrow(const CriterionResult& r) {
  if (r.result != Result::pass || !r.bound || is_exact(r)) return false;
  const Criterion& c = r.criterion;
  const double scale = kind_of(c) == Kind::loss ? 1 - c.value : std::fabs(c.value);
  return scale > 0 && std::fabs(*r.bound - c.value) < kNarrow * scale;
}

std::string result_text(const CriterionResult& r) {
  std::string out(to_string(r.result));
  if (is_narrow(r)) out += " (narrow)";
  return out;
}

int badness(Result result) {
  return result == Result::pass ? 0 : result == Result::inconclusive ? 1 : 2;
}

void append(std::string& to, std::string_view what, std::string_view separator) {
  if (what.empty() || to == what) return;
  if (!to.empty()) to += separator;
  to += what;
}

/// Takes one more criterion into a row.
void join(CriterionRow& row, std::size_t position, const CriterionResult& r) {
  const CriterionText text = text_of(r);
  const bool first = row.criteria.empty();
  if (first) row.text.title = text.title;
  append(row.text.required, text.required, " and ");
  append(row.text.measured, text.measured, "; ");
  append(row.text.bound, text.bound, "; ");
  if (first) row.text.baseline = text.baseline;
  append(row.text.n, text.n, "; ");
  append(row.text.result, text.result, "; ");
  if (first || badness(r.result) > badness(row.result)) row.result = r.result;
  row.criteria.push_back(position);
}
}  // namespace

std::string value_text(const Criterion& c, double value) {
  switch (kind_of(c)) {
    case Kind::ratio:
    case Kind::loss:
      return number_against(value, c.value) + "×";
    case Kind::share:
      return percent_against(value, c.value);
    default:
      return with_unit(number_against(value, c.value), c);
  }
}

std::string own_value_text(const Criterion& c, double value) {
  const MetricInfo* info = find_metric(c.metric);
  const bool share = info != nullptr && (info->kind == "fraction" || info->kind == "score") &&
                     c.metric != "quality.ppl_ratio";
  return share ? percent(value) : with_unit(number(value), c);
}

CriterionText text_of(const CriterionResult& r) {
  CriterionText text;
  text.title = r.criterion.title.empty() ? r.criterion.id : r.criterion.title;
  text.required = required_text(r.criterion);
  text.measured = measured_text(r);
  text.bound = bound_text(r);
  text.baseline = baseline_text(r);
  text.n = n_text(r);
  text.result = result_text(r);
  return text;
}

std::vector<CriterionRow> criterion_rows(const decision::Verdict& verdict, Level level) {
  std::vector<CriterionRow> rows;
  std::vector<std::tuple<std::string, std::string, std::string>> keys;
  for (std::size_t i = 0; i < verdict.criteria.size(); ++i) {
    const CriterionResult& r = verdict.criteria[i];
    if (r.criterion.level != level) continue;
    const auto key = std::tuple(r.criterion.metric, r.criterion.stat, r.criterion.point);
    const auto at = std::find(keys.begin(), keys.end(), key);
    if (at == keys.end()) {
      keys.push_back(key);
      rows.emplace_back();
    }
    join(rows[static_cast<std::size_t>(std::find(keys.begin(), keys.end(), key) - keys.begin())], i,
         r);
  }
  return rows;
}

std::string level_text(double alpha) {
  return fmt::format("{:.4g} %", 100 * (1 - alpha));
}

std::string bound_level(const decision::Verdict& verdict) {
  std::optional<double> alpha;
  for (const CriterionResult& r : verdict.criteria) {
    if (r.criterion.level != Level::must) continue;
    if (alpha && *alpha != r.alpha_pass) return "one-sided";
    alpha = r.alpha_pass;
  }
  return level_text(alpha.value_or(0.05));
}

}  // namespace abgate::report
