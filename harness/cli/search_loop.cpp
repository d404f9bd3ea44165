#include "cli/search_loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "decision/words.hpp"

namespace abgate::cli {

namespace {

using decision::BracketSearch;
using decision::ProbeAnswer;
using decision::SearchEnd;

/// Streams need a few requests each, or the load is never held.
constexpr std::size_t kRequestsPerStream = 4;
constexpr std::size_t kMostWarmup = 8;
/// A client that stumbled is asked again; one that stumbles three times in a row is the limit.
constexpr int kTries = 3;

/// Nobody answers at that address any more; an overloaded server still accepts connections.
bool is_gone(const stats::BlockArm& block) {
  std::size_t unreachable = 0;
  for (const auto& [what, n] : block.failures) {
    if (what == "transport_error connect" || what == "transport_error dns") unreachable += n;
  }
  return block.attempted > 0 && unreachable == block.attempted;
}

/// Probes that a search of this range will take, roughly: for the progress bar alone.
double expected_probes(const decision::BracketOptions& range) {
  const double doublings = std::min(8.0, std::log2(range.to / range.from) / 2);
  return doublings + std::log2(1 / std::log2(1 + range.precision)) + (range.confirm ? 2 : 0) + 1;
}

/// Blocks of one probe, each checked; the reason to end the search where there is one.
struct Blocks {
  std::vector<stats::BlockArm> all;
  std::uint32_t next = 0;  ///< number of the next block; spoiled ones have theirs
  std::optional<SearchEnd> end;
  std::vector<decision::ValidityFinding> findings;
  std::optional<Arm> gone;
};

class Prober {
 public:
  Prober(const Scenario& scenario, const SearchSettings& settings, ProbeSource& source,
         const SearchWatch& watch)
      : scenario_(scenario), settings_(settings), source_(source), watch_(watch) {}

  /// The load of the next probe at a value; `key` tells arms apart that are probed on their own.
  LoadPoint load(double value, Arm key) {
    return probe_load(scenario_, settings_, value, ++asked_[{key, value}]);
  }

  /// `probes` of about `expected` are done: what the blocks of the next one count from.
  void progress(double probes, double expected) {
    probes_ = probes;
    expected_ = expected;
    source_.done(std::min(0.95, probes / expected));
  }

  /// Adds blocks until there are `wanted` good ones, or an end.
  void fill(Blocks& blocks, const LoadPoint& load, std::span<const Arm> arms, std::size_t wanted) {
    while (!blocks.end && blocks.all.size() < wanted * arms.size()) {
      add(blocks, load, arms);
      // A probe that is undecided doubles its blocks, so its end is not known.
      const auto have = static_cast<double>(blocks.all.size() / arms.size());
      const double part = have / (have + 1);
      source_.done(std::min(0.95, (probes_ + part) / expected_));
    }
  }

 private:
  void add(Blocks& blocks, const LoadPoint& load, std::span<const Arm> arms) {
    for (int attempt = 1; attempt <= kTries; ++attempt) {
      auto cells = source_.block(load, blocks.next, arms);
      ++blocks.next;
      const bool cut = !cells || std::any_of(cells->begin(), cells->end(),
                                             [](const auto& b) { return b.interrupted; });
      if (cut) {
        blocks.end = SearchEnd::interrupted;
        return;
      }
      for (const auto& cell : *cells) {
        if (!is_gone(cell)) continue;
        blocks.end = SearchEnd::gone;
        blocks.gone = cell.arm;
        return;
      }
      blocks.findings = decision::client_findings(scenario_, *cells);
      if (blocks.findings.empty()) {
        blocks.all.insert(blocks.all.end(), std::make_move_iterator(cells->begin()),
                          std::make_move_iterator(cells->end()));
        return;
      }
      if (watch_.note && attempt < kTries)
        watch_.note(fmt::format("note: {} block {} does not count: {}; once more", load.id,
                                blocks.next, blocks.findings.front().sentence));
    }
    blocks.end = SearchEnd::client_limited;
  }

  const Scenario& scenario_;
  const SearchSettings& settings_;
  ProbeSource& source_;
  const SearchWatch& watch_;
  std::map<std::pair<Arm, double>, std::size_t> asked_;
  double probes_ = 0, expected_ = 1;
};

/// One arm's part of a search for the capacity.
struct Side {
  Arm arm;
  BracketSearch search;
};

/// What the lowest failing load was missed by.
std::string limit_of(const decision::ArmCapacity& arm) {
  for (auto p = arm.probes.rbegin(); p != arm.probes.rend(); ++p) {
    if (arm.bracket.failed && p->value == *arm.bracket.failed &&
        p->answer == ProbeAnswer::fails)
      return p->missed_most();
  }
  return {};
}

}  // namespace

LoadPoint probe_load(const Scenario& scenario, const SearchSettings& settings, double value,
                     std::size_t nth) {
  LoadPoint load = scenario.points.front();
  std::string id = fmt::format("{}{:g}", settings.axis == decision::Axis::rate ? "r" : "c", value);
  std::replace(id.begin(), id.end(), '.', '_');
  std::replace(id.begin(), id.end(), '+', '_');
  load.id = nth <= 1 ? id : fmt::format("{}-{}", id, nth);
  load.duration.reset();
  load.stages.clear();
  load.time_scale = 1;
  if (settings.axis == decision::Axis::rate) {
    // A closed loop has no cap to keep; ramps and traces have no one rate.
    if (load.arrival == Arrival::closed) load.concurrency = 0;
    const bool has_rate = load.arrival == Arrival::constant || load.arrival == Arrival::gamma;
    if (!has_rate) load.arrival = Arrival::poisson;
    load.rate = value;
    load.requests = std::max(settings.requests,
                             static_cast<std::size_t>(std::ceil(value * settings.seconds)));
    load.warmup_requests = std::min(load.warmup_requests, kMostWarmup);
  } else {
    load.arrival = Arrival::closed;
    load.rate = 0;
    load.burstiness = 1;
    load.concurrency = static_cast<std::size_t>(std::llround(value));
    load.requests = std::max(settings.requests, kRequestsPerStream * load.concurrency);
    load.warmup_requests = load.concurrency;  // fills every stream before the first counted request
  }
  return load;
}

decision::SloSearch run_slo_search(const Scenario& scenario, const SearchSettings& settings,
                                   ProbeSource& source, const SearchWatch& watch) {
  decision::SloSearch out;
  out.axis = settings.axis;
  out.slo = scenario.slo;
  out.range = settings.range;
  out.rules = settings.rules;
  std::vector<Side> sides;
  for (const Arm arm : settings.arms) {
    sides.push_back({arm, BracketSearch(settings.range)});
    out.arms.push_back({arm, {}, {}, {}});
  }
  Prober prober(scenario, settings, source, watch);
  const double expected = expected_probes(settings.range) * static_cast<double>(sides.size());
  double probes = 0;
  prober.progress(0, expected);

  const auto probe = [&](std::size_t i, double value) {
    Side& side = sides[i];
    const LoadPoint load = prober.load(value, side.arm);
    const std::array<Arm, 1> arms{side.arm};
    Blocks blocks;
    decision::SloProbe shown;
    for (std::size_t want = settings.rules.first_blocks;; want *= 2) {
      prober.fill(blocks, load, arms, want);
      if (blocks.end) break;
      shown = decision::judge_slo_probe(blocks.all, scenario.slo, settings.rules);
      if (shown.answer != ProbeAnswer::undecided || want * 2 > settings.rules.max_blocks) break;
    }
    if (blocks.end) {
      out.end = *blocks.end;
      out.end_value = value;
      out.end_arm = side.arm;
      out.findings = blocks.findings;
      return false;
    }
    shown.value = value;
    side.search.answer(value, shown.answer);
    out.arms[i].probes.push_back(shown);
    out.arms[i].bracket = side.search.result();
    prober.progress(++probes, expected);
    if (watch.slo) watch.slo(out, shown);
    return true;
  };

  bool more = true;
  for (std::size_t round = 0; more; ++round) {
    more = false;
    for (std::size_t k = 0; k < sides.size() && out.end == SearchEnd::complete; ++k) {
      const std::size_t i = round % 2 == 0 ? k : sides.size() - 1 - k;
      if (const auto value = sides[i].search.next()) more = probe(i, *value) || more;
    }
    more = more && out.end == SearchEnd::complete;
  }
  for (std::size_t i = 0; i < sides.size(); ++i) {
    out.arms[i].bracket = sides[i].search.result();
    out.arms[i].limit = limit_of(out.arms[i]);
  }
  return out;
}

decision::CrossoverSearch run_crossover_search(const Scenario& scenario,
                                               const SearchSettings& settings, ProbeSource& source,
                                               const SearchWatch& watch) {
  decision::CrossoverSearch out;
  out.metric = settings.metric;
  out.threshold = settings.threshold;
  out.range = settings.range;
  out.rules = settings.rules;
  BracketSearch search(settings.range);
  Prober prober(scenario, settings, source, watch);
  const double expected = expected_probes(settings.range);
  prober.progress(0, expected);
  const std::array<Arm, 2> arms{Arm::baseline, Arm::candidate};
  while (const auto value = search.next()) {
    const LoadPoint load = prober.load(*value, Arm::baseline);
    Blocks blocks;
    decision::RatioProbe shown;
    for (std::size_t want = settings.rules.first_blocks;; want *= 2) {
      prober.fill(blocks, load, arms, want);
      if (blocks.end) break;
      shown = decision::judge_ratio_probe(blocks.all, settings.metric, settings.threshold,
                                          settings.rules);
      if (shown.answer != ProbeAnswer::undecided || want * 2 > settings.rules.max_blocks) break;
    }
    if (blocks.end) {
      out.end = *blocks.end;
      out.end_value = *value;
      out.findings = blocks.findings;
      break;
    }
    shown.value = *value;
    search.answer(*value, shown.answer);
    out.probes.push_back(shown);
    prober.progress(static_cast<double>(out.probes.size()), expected);
    if (watch.crossover) watch.crossover(out, shown);
  }
  out.bracket = search.result();
  if (settings.metric == "throughput")
    out.fit = decision::fit_probes(out.probes, 0.90, scenario.seeds.bootstrap);
  return out;
}

}  // namespace abgate::cli
