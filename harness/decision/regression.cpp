#include "decision/regression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "decision/words.hpp"
#include "stats/history.hpp"

namespace abgate::decision {
namespace {

struct Look {
  double z = 0, change = 0;
  bool alarm = false;
};

/// One night against those before it; oriented so that worse is negative.
Look look_at(std::span<const double> past, double x, double effect, double floor,
             const HistoryRules& rules) {
  const std::size_t n = std::min(past.size(), rules.window);
  // Half of the floor: a half width at 90 % is 1.64 standard deviations and more.
  const auto z = stats::robust_z(past.last(n), x, std::max(floor / 2, 1e-6));
  if (!z) return {};
  Look out{z->z, std::expm1(x - z->median), false};
  out.alarm = z->z < -rules.robust_z && x - z->median < -std::log1p(effect);
  return out;
}

}  // namespace

HistoryFinding check_history(const WatchedSeries& series, const HistoryRules& rules) {
  HistoryFinding out;
  out.name = series.name;
  std::vector<double> past;
  for (const double r : series.past) {
    if (std::isfinite(r) && r > 0) past.push_back(series.better * std::log(r));
  }
  out.nights = past.size();
  if (!(std::isfinite(series.tonight) && series.tonight > 0)) return out;
  if (past.size() < rules.min_history) {
    out.state = HistoryState::learning;
    return out;
  }
  const double asked = rules.min_effect, floor = std::max(0.0, std::expm1(series.floor));
  const double effect = std::max(asked, floor);
  const double tonight = series.better * std::log(series.tonight);
  const Look now = look_at(past, tonight, effect, series.floor, rules);
  out.z = now.z;
  out.change = now.change;
  if (!now.alarm) return out;
  const std::span<const double> before(past.data(), past.size() - 1);
  const bool twice = before.size() >= rules.min_history &&
                     look_at(before, past.back(), effect, series.floor, rules).alarm;
  out.state = twice ? HistoryState::regression : HistoryState::warn;
  out.sentence = fmt::format(
      "{}: {} is {} worse than the median of {} ({}× tonight, robust z {}){}{}",
      twice ? "regression against history" : "warning from history", series.name,
      percent(-now.change), counted(std::min(past.size(), rules.window), "earlier night"),
      number(series.tonight), number(now.z),
      twice ? ", and so was the night before" : "; one night alone is no regression",
      floor > asked
          ? fmt::format(" (the minimum effect of {} lies below the noise floor of tonight's "
                        "A/A blocks: {} is asked for instead)",
                        percent(asked), percent(floor))
          : "");
  return out;
}

}  // namespace abgate::decision
