#include "decision/crossover_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/criterion.hpp"
#include "decision/words.hpp"
#include "stats/series.hpp"
#include "stats/t_blocks.hpp"

namespace abgate::decision {

namespace {

bool less_is_better(const std::string& metric) {
  const MetricInfo* info = find_metric(metric);
  return info != nullptr && info->better < 0;
}

/// Blocks in which the arm answered nothing, although it was asked.
std::size_t dead_blocks(std::span<const stats::BlockArm> blocks, Arm arm) {
  return static_cast<std::size_t>(
      std::count_if(blocks.begin(), blocks.end(), [&](const stats::BlockArm& b) {
        return b.arm == arm && b.attempted > 0 && b.failed == b.attempted;
      }));
}

std::string streams(double value) {
  return load_words(Axis::concurrency, value);
}

}  // namespace

RatioProbe judge_ratio_probe(std::span<const stats::BlockArm> blocks, const std::string& metric,
                             double threshold, const ProbeRules& rules) {
  RatioProbe out;
  if (blocks.empty()) return out;
  out.point = blocks.front().point;
  stats::Measurements m;
  m.blocks.assign(blocks.begin(), blocks.end());
  for (const auto& b : blocks) {
    out.unsteady += b.window.steady ? 0U : 1U;
    out.failed[index_of(b.arm)] += b.failed;
    out.attempted[index_of(b.arm)] += b.attempted;
  }
  stats::BlockSeries series = stats::block_series(m, metric, "mean", out.point);
  out.baseline = std::move(series.baseline);
  out.candidate = std::move(series.candidate);
  const bool turned = less_is_better(metric);
  const double alpha = rules.alpha_a_look();
  out.ratio = turned ? stats::t_log_ratio(out.candidate, out.baseline, stats::level_for(alpha))
                     : stats::t_log_ratio(out.baseline, out.candidate, stats::level_for(alpha));
  const std::size_t dead_baseline = dead_blocks(blocks, Arm::baseline),
                    dead_candidate = dead_blocks(blocks, Arm::candidate);
  if (dead_candidate >= 2 && dead_baseline == 0) {
    out.answer = ProbeAnswer::fails;
    out.why = "not one request of the candidate succeeded";
  } else if (dead_baseline >= 2 && dead_candidate == 0) {
    out.answer = ProbeAnswer::holds;
    out.why = "not one request of the baseline succeeded";
  } else if (out.ratio.lo && *out.ratio.lo > threshold) {
    out.answer = ProbeAnswer::holds;
  } else if (out.ratio.hi && *out.ratio.hi < threshold) {
    out.answer = ProbeAnswer::fails;
  } else if (out.ratio.lo) {
    out.why = fmt::format("the interval contains {}", number(threshold));
  } else {
    out.why = out.ratio.why.empty() ? series.why : out.ratio.why;
  }
  return out;
}

std::string_view to_string(CrossoverAnswer answer) {
  switch (answer) {
    case CrossoverAnswer::crosses:
      return "crosses";
    case CrossoverAnswer::wins_everywhere:
      return "wins_everywhere";
    case CrossoverAnswer::loses_everywhere:
      return "loses_everywhere";
    case CrossoverAnswer::starts_winning:
      return "starts_winning";
    case CrossoverAnswer::cannot_tell:
      return "cannot_tell";
  }
  return "?";
}

CrossoverAnswer CrossoverSearch::answer() const {
  if (end != SearchEnd::complete) return CrossoverAnswer::cannot_tell;
  const auto seen = [&](ProbeAnswer a, double value) {
    bool any = false;
    for (const RatioProbe& p : probes) {
      if (p.value != value) continue;
      if (p.answer != a) return false;
      any = true;
    }
    return any;
  };
  const bool ever_lost = std::any_of(probes.begin(), probes.end(), [](const RatioProbe& p) {
    return p.answer == ProbeAnswer::fails;
  });
  const bool ever_won = std::any_of(probes.begin(), probes.end(), [](const RatioProbe& p) {
    return p.answer == ProbeAnswer::holds;
  });
  const bool wins_low = seen(ProbeAnswer::holds, range.from),
             wins_high = seen(ProbeAnswer::holds, range.to),
             loses_low = seen(ProbeAnswer::fails, range.from),
             loses_high = seen(ProbeAnswer::fails, range.to);
  if (bracket.held && bracket.failed) return CrossoverAnswer::crosses;
  if (wins_low && wins_high && !ever_lost) return CrossoverAnswer::wins_everywhere;
  if (loses_low && loses_high && !ever_won) return CrossoverAnswer::loses_everywhere;
  if (loses_low && wins_high) return CrossoverAnswer::starts_winning;
  return CrossoverAnswer::cannot_tell;
}

std::optional<stats::Crossover> fit_probes(std::span<const RatioProbe> probes, double level,
                                           std::uint64_t seed) {
  std::vector<stats::LoadLevel> levels;
  std::size_t most = 0;
  for (const RatioProbe& p : probes) {
    auto at = std::find_if(levels.begin(), levels.end(),
                           [&](const stats::LoadLevel& l) { return l.concurrency == p.value; });
    if (at == levels.end()) at = levels.insert(levels.end(), {p.value, {}, {}});
    at->baseline.insert(at->baseline.end(), p.baseline.begin(), p.baseline.end());
    at->candidate.insert(at->candidate.end(), p.candidate.begin(), p.candidate.end());
    most = std::max(most, at->baseline.size());
  }
  if (levels.size() < 3) return std::nullopt;
  std::sort(levels.begin(), levels.end(),
            [](const auto& a, const auto& b) { return a.concurrency < b.concurrency; });
  for (auto& level_at : levels) {  // aligned by block
    level_at.baseline.resize(most, stats::kUndefined);
    level_at.candidate.resize(most, stats::kUndefined);
  }
  return stats::crossover(levels, level, seed);
}

ExitCode exit_code(const CrossoverSearch& search) {
  const bool told = search.answer() != CrossoverAnswer::cannot_tell;
  return exit_code(search.end).value_or(told ? ExitCode::go : ExitCode::inconclusive);
}

std::string crossover_sentence(const CrossoverSearch& search, const std::string& baseline,
                               const std::string& candidate) {
  const Bracket& b = search.bracket;
  const std::string by =
      search.threshold == 1 ? "" : fmt::format(" (by {}× or more)", number(search.threshold));
  const std::string range =
      fmt::format("from {} to {}", number(search.range.from), streams(search.range.to));
  switch (search.answer()) {
    case CrossoverAnswer::crosses: {
      std::string out = fmt::format("{} wins{} up to {} and no longer does from {} on", candidate,
                                    by, streams(*b.held), streams(*b.failed));
      if (b.status == BracketStatus::undecided)
        out += "; between the two it cannot be told from " + baseline;
      if (b.status == BracketStatus::contradictory)
        out += fmt::format("; between the two it was seen to lose at {} and to win at {}",
                           streams(b.contradictions.front().first),
                           streams(b.contradictions.front().second));
      return out;
    }
    case CrossoverAnswer::wins_everywhere:
      return fmt::format("{} wins{} everywhere {}", candidate, by, range);
    case CrossoverAnswer::loses_everywhere:
      return fmt::format("{} does not win{} anywhere {}", candidate, by, range);
    case CrossoverAnswer::starts_winning:
      return fmt::format("{} loses at {} and wins{} at {}: the other way round than a crossover",
                         candidate, streams(search.range.from), by, streams(search.range.to));
    case CrossoverAnswer::cannot_tell:
      break;
  }
  std::string out = fmt::format("where {} stops winning{} {} cannot be told", candidate, by, range);
  if (b.held) out += fmt::format("; it wins up to {}", streams(*b.held));
  if (b.failed) out += fmt::format("; it does not win from {} on", streams(*b.failed));
  return out;
}

std::string fit_sentence(const CrossoverSearch& search) {
  if (!search.fit || search.threshold != 1) return {};
  std::set<double> loads;
  for (const RatioProbe& p : search.probes) loads.insert(p.value);
  const stats::Estimate& e = search.fit->concurrency;
  const std::string fitted =
      fmt::format("a scalability law fitted to {}", counted(loads.size(), "load"));
  if (!e.value) return e.why.empty() ? "" : fmt::format("{}: {}", fitted, e.why);
  std::string out = fmt::format("{} crosses at {}", fitted, number(std::round(*e.value)));
  if (e.lo && e.hi)
    out += fmt::format(" [{}, {}]", number(std::floor(*e.lo)), number(std::ceil(*e.hi)));
  return out;
}

std::string next_step(const CrossoverSearch& search) {
  if (auto step = next_step(search.end, search.findings)) return *step;
  switch (search.answer()) {
    case CrossoverAnswer::wins_everywhere:
      return fmt::format("search higher to see where it stops: --to {}",
                         number(search.range.to * 4));
    case CrossoverAnswer::crosses:
      return search.bracket.status == BracketStatus::found
                 ? ""
                 : fmt::format("to narrow it, let a probe run longer: --max-blocks {}",
                               2 * search.rules.max_blocks);
    case CrossoverAnswer::loses_everywhere:
    case CrossoverAnswer::starts_winning:
      return {};
    case CrossoverAnswer::cannot_tell:
      break;
  }
  return fmt::format("let a probe run longer: --max-blocks {} or more --requests a block",
                     2 * search.rules.max_blocks);
}

}  // namespace abgate::decision
