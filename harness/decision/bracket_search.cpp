#include "decision/bracket_search.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace abgate::decision {

namespace {
constexpr double kGrowth = 2;

/// Three significant digits: what people can type again, and fine enough for any precision above
/// half a per cent.
double rounded(double value) {
  if (!(value > 0)) return value;
  const double unit = std::pow(10, std::floor(std::log10(value)) - 2);
  return std::round(value / unit) * unit;
}
}  // namespace

/// What the tallies amount to.
struct BracketSearch::View {
  std::optional<double> held, failed;
  std::vector<double> open;
};

BracketSearch::BracketSearch(const BracketOptions& options) : options_(options) {
  ABGATE_ASSERT(options.from > 0 && options.to >= options.from && options.precision > 0);
}

const BracketSearch::Tally* BracketSearch::tally(double value) const {
  const auto it = std::find_if(tallies_.begin(), tallies_.end(),
                               [&](const Tally& t) { return t.value == value; });
  return it == tallies_.end() ? nullptr : &*it;
}

void BracketSearch::answer(double value, ProbeAnswer answer) {
  auto it = std::lower_bound(tallies_.begin(), tallies_.end(), value,
                             [](const Tally& t, double v) { return t.value < v; });
  if (it == tallies_.end() || it->value != value) it = tallies_.insert(it, Tally{value});
  (answer == ProbeAnswer::holds   ? it->holds
   : answer == ProbeAnswer::fails ? it->fails
                                  : it->undecided)++;
  ++probes_;
}

BracketSearch::View BracketSearch::view() const {
  View v;
  for (const Tally& t : tallies_) {  // ascending: up to the first value with a failure
    if (t.fails > 0) break;
    if (t.clear_hold()) v.held = t.value;
  }
  for (auto t = tallies_.rbegin(); t != tallies_.rend(); ++t) {
    if (t->holds > 0) break;
    if (t->clear_fail()) v.failed = t->value;
  }
  for (const Tally& t : tallies_) {
    if ((!v.held || t.value > *v.held) && (!v.failed || t.value < *v.failed))
      v.open.push_back(t.value);
  }
  return v;
}

double BracketSearch::tidy(double value) const {
  const double at = options_.whole ? std::round(value) : rounded(value);
  return std::clamp(at, options_.from, options_.to);
}

/// A value to probe between two, or nothing where they are as close as asked.
std::optional<double> BracketSearch::between(double low, double high) const {
  if (high <= low * (1 + options_.precision) * (1 + 1e-9)) return std::nullopt;
  const double mid = tidy(std::sqrt(low * high));
  if (mid > low && mid < high) return mid;
  if (!options_.whole) return std::nullopt;
  return high - low >= 2 ? std::optional(low + 1) : std::nullopt;  // 1 and 3: √3 rounds to 2
}

/// Towards the end of the range that has no clear answer yet.
std::optional<double> BracketSearch::outward(const View& v) const {
  const double highest = tallies_.back().value, lowest = tallies_.front().value;
  if (options_.ends_first && highest < options_.to) return options_.to;
  if (!v.failed && highest < options_.to) return std::min(options_.to, tidy(highest * kGrowth));
  if (!v.held && lowest > options_.from) return std::max(options_.from, tidy(lowest / kGrowth));
  return std::nullopt;
}

/// The wider of the two gaps on either side of what is open; the whole bracket where nothing is.
std::optional<double> BracketSearch::inward(const View& v) const {
  struct Gap {
    double low, high;
  };
  std::vector<Gap> gaps;
  if (v.open.empty()) {
    if (v.held && v.failed) gaps.push_back({*v.held, *v.failed});
  } else {
    if (v.held) gaps.push_back({*v.held, v.open.front()});
    if (v.failed) gaps.push_back({v.open.back(), *v.failed});
  }
  std::stable_sort(gaps.begin(), gaps.end(), [](const Gap& a, const Gap& b) {
    return a.high / a.low > b.high / b.low;
  });
  for (const Gap& gap : gaps) {
    if (const auto mid = between(gap.low, gap.high)) return mid;
  }
  return std::nullopt;
}

/// The ends are the answers that happened to be nearest to the truth, so they are the likeliest to
/// be wrong: each is asked again.
std::optional<double> BracketSearch::confirmation(const View& v) const {
  if (!options_.confirm) return std::nullopt;
  for (const auto& end : {v.held, v.failed}) {
    if (end && tally(*end)->probes() < 2) return end;
  }
  return std::nullopt;
}

std::optional<double> BracketSearch::next() const {
  if (probes_ >= options_.max_probes) return std::nullopt;
  if (tallies_.empty())
    return options_.ends_first ? options_.from : tidy(options_.start.value_or(options_.from));
  const View v = view();
  if (const auto value = outward(v)) return value;
  if (const auto value = inward(v)) return value;
  return confirmation(v);
}

Bracket BracketSearch::result() const {
  Bracket out;
  out.probes = probes_;
  if (tallies_.empty()) return out;
  const View v = view();
  out.held = v.held;
  out.failed = v.failed;
  out.open = v.open;
  for (const Tally& low : tallies_) {
    for (const Tally& high : tallies_) {
      if (low.value <= high.value && low.fails > 0 && high.holds > 0)
        out.contradictions.emplace_back(low.value, high.value);
    }
  }
  const bool close = v.held && v.failed &&
                     (*v.failed <= *v.held * (1 + options_.precision) * (1 + 1e-9) ||
                      (options_.whole && *v.failed - *v.held <= 1));
  if (next()) {
    out.status = BracketStatus::stopped;
  } else if (close) {
    out.status = BracketStatus::found;  // whatever was doubted in between lies within the precision
  } else if (v.held && *v.held == options_.to) {
    out.status = BracketStatus::all_hold;
  } else if (v.failed && *v.failed == options_.from) {
    out.status = BracketStatus::all_fail;
  } else if (!out.contradictions.empty()) {
    out.status = BracketStatus::contradictory;
  } else if (probes_ >= options_.max_probes && (outward(v) || inward(v))) {
    out.status = BracketStatus::out_of_probes;
  } else if (v.held && v.failed && v.open.empty()) {
    out.status = BracketStatus::found;  // as close as values of three digits allow
  } else {
    out.status = BracketStatus::undecided;
  }
  return out;
}

std::string_view to_string(ProbeAnswer answer) {
  switch (answer) {
    case ProbeAnswer::holds:
      return "holds";
    case ProbeAnswer::fails:
      return "does not hold";
    case ProbeAnswer::undecided:
      return "cannot tell";
  }
  return "?";
}

std::string_view to_string(BracketStatus status) {
  switch (status) {
    case BracketStatus::found:
      return "found";
    case BracketStatus::all_hold:
      return "all_hold";
    case BracketStatus::all_fail:
      return "all_fail";
    case BracketStatus::undecided:
      return "undecided";
    case BracketStatus::contradictory:
      return "contradictory";
    case BracketStatus::out_of_probes:
      return "out_of_probes";
    case BracketStatus::stopped:
      return "stopped";
  }
  return "?";
}

}  // namespace abgate::decision
