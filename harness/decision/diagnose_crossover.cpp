// The load above which the candidate stops winning.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "decision/diagnosis.hpp"
#include "decision/words.hpp"
#include "stats/moments.hpp"
#include "stats/series.hpp"
#include "stats/t_blocks.hpp"
#include "stats/usl.hpp"

namespace abgate::decision {
namespace {

constexpr double kLevel = 0.90;
constexpr std::size_t kReplicates = 2000;

std::vector<stats::LoadLevel> levels_of(const Inputs& in) {
  std::vector<stats::LoadLevel> levels;
  for (const LoadPoint& p : in.scenario.points) {
    if (p.arrival != Arrival::closed) continue;
    stats::BlockSeries s = stats::block_series(in.m, "throughput", "mean", p.id);
    if (s.blocks.empty()) continue;
    levels.push_back(
        {static_cast<double>(p.concurrency), std::move(s.baseline), std::move(s.candidate)});
  }
  std::sort(levels.begin(), levels.end(), [](const stats::LoadLevel& a, const stats::LoadLevel& b) {
    return a.concurrency < b.concurrency;
  });
  return levels;
}

/// True where the candidate's loss at a level is more than noise.
bool surely_behind(const stats::LoadLevel& level) {
  const stats::Estimate ratio = stats::t_log_ratio(level.baseline, level.candidate, kLevel);
  return ratio.hi && *ratio.hi < 1;
}

std::string ladder(const std::vector<stats::LoadLevel>& levels) {
  std::vector<std::string> steps;
  for (const stats::LoadLevel& l : levels) {
    const stats::Estimate ratio = stats::t_log_ratio(l.baseline, l.candidate, kLevel);
    if (ratio.value)
      steps.push_back(fmt::format("{}× at {}", number(*ratio.value),
                                  counted(static_cast<std::size_t>(l.concurrency), "stream")));
  }
  return list(steps);
}

/// The measured loads between which the ratio first falls below 1: what needs no model.
std::string bracket(const std::vector<stats::LoadLevel>& levels) {
  for (std::size_t i = 1; i < levels.size(); ++i) {
    const stats::Estimate before =
        stats::t_log_ratio(levels[i - 1].baseline, levels[i - 1].candidate, kLevel);
    const stats::Estimate after =
        stats::t_log_ratio(levels[i].baseline, levels[i].candidate, kLevel);
    if (!before.value || !after.value || *before.value < 1 || *after.value >= 1) continue;
    return fmt::format("between the measured loads of {} and {} streams",
                       number(levels[i - 1].concurrency), number(levels[i].concurrency));
  }
  return "within the loads measured";
}

/// "; a scalability law fitted to 8 loads crosses at 170 [166, 175]"; empty where none could be
/// fitted.
std::string fitted(const stats::Crossover& x, std::size_t loads) {
  if (!x.concurrency.value) return {};
  std::string out = fmt::format("; a scalability law fitted to {} crosses at {}",
                                counted(loads, "load"), number(std::round(*x.concurrency.value)));
  if (x.concurrency.lo && x.concurrency.hi) {
    out += fmt::format(" [{}, {}]", number(std::floor(*x.concurrency.lo)),
                       number(std::ceil(*x.concurrency.hi)));
  }
  return out;
}

/// The highest measured load at which the candidate was not behind.
double safe_load(const std::vector<stats::LoadLevel>& levels) {
  double safe = levels.front().concurrency;
  for (const stats::LoadLevel& l : levels) {
    const stats::Estimate ratio = stats::t_log_ratio(l.baseline, l.candidate, kLevel);
    if (!ratio.value || *ratio.value < 1) break;
    safe = l.concurrency;
  }
  return safe;
}

}  // namespace

void explain_crossover(const Inputs& in, Explanations& out) {
  const std::vector<stats::LoadLevel> levels = levels_of(in);
  if (levels.size() < 2 || !std::any_of(levels.begin(), levels.end(), surely_behind)) return;
  if (surely_behind(levels.front())) return;  // behind from the start: no load at which it wins
  const stats::Crossover x = stats::crossover(levels, kLevel, in.scenario.seeds.bootstrap,
                                              kReplicates, in.context.threads);
  out.push_back({"crossover", "above a concurrency the candidate is slower",
                 fmt::format("total throughput falls behind the baseline's {}{}. Ratios: {}",
                             bracket(levels), fitted(x, levels.size()), ladder(levels)),
                 fmt::format("keep the load of one server at {} or below, or scale out before it",
                             counted(static_cast<std::size_t>(safe_load(levels)), "stream")),
                 true});
}

}  // namespace abgate::decision
