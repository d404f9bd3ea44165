#include "decision/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "decision/inputs.hpp"
#include "decision/validity.hpp"
#include "decision/words.hpp"
#include "stats/exceedance.hpp"
#include "stats/quantile.hpp"
#include "stats/series.hpp"

namespace abgate::decision {

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
/// In flight in the last third over the middle third, beyond which a backlog grows: a Poisson
/// system at rest stays below it in 19 of 20 probes of two blocks.
constexpr double kGrowthFactor = 1.2, kGrowthStreams = 1;

bool meets(double value, const std::optional<Duration>& limit) {
  return !limit || std::isnan(value) || value <= to_seconds(*limit);
}

/// Smallest value that at least a share p of the values does not exceed; absent: infinite or none.
std::optional<double> nearest_rank(std::vector<double> values, double p) {
  if (values.empty()) return std::nullopt;
  const auto n = static_cast<double>(values.size());
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(n * p - 1e-9)));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank - 1),
                   values.end());
  const double at = values[rank - 1];
  return std::isfinite(at) ? std::optional(at) : std::nullopt;
}

struct Objective {
  std::optional<Duration> limit;
  double stats::RequestMetrics::*value;
  std::optional<double> SloProbe::*met;
  std::optional<double> SloProbe::*quantile;
};

void measure_objective(std::span<const stats::BlockArm> blocks, const Objective& o, double share,
                       SloProbe& out) {
  std::vector<double> values;
  std::size_t met = 0, attempted = 0;
  for (const auto& block : blocks) {
    for (const auto& r : block.requests) {
      const double value = r.*(o.value);
      ++attempted;
      met += r.success && meets(value, o.limit) ? 1U : 0U;
      if (!r.success) {
        values.push_back(kInfinite);
      } else if (!std::isnan(value)) {
        values.push_back(value);
      }
    }
  }
  out.*(o.quantile) = nearest_rank(std::move(values), share);
  if (o.limit && attempted > 0)
    out.*(o.met) = static_cast<double>(met) / static_cast<double>(attempted);
}

bool backlog_grows(std::span<const stats::BlockArm> blocks) {
  double middle = 0, last = 0;
  std::size_t open = 0;
  for (const auto& block : blocks) {
    if (block.arrival == Arrival::closed) continue;
    const InFlight f = in_flight_of(block);
    middle += f.middle;
    last += f.last;
    ++open;
  }
  if (open == 0) return false;
  const auto n = static_cast<double>(open);
  return last / n > kGrowthFactor * middle / n + kGrowthStreams;
}

std::string undecided_words(const SloProbe& p, const Slo& slo) {
  if (p.attempted == 0) return "nothing was attempted";
  return fmt::format("{} of {} requests met the objectives, which is neither surely above nor surely "
                     "below {}",
                     count(p.met), count(p.attempted), percent(slo.attainment));
}

}  // namespace

std::string_view to_string(Axis axis) {
  return axis == Axis::rate ? "rate" : "concurrency";
}

std::string load_words(Axis axis, double value) {
  if (axis == Axis::rate) return number(value) + " req/s";
  return counted(static_cast<std::size_t>(std::llround(value)), "stream");
}

std::size_t ProbeRules::looks() const {
  std::size_t n = 1;
  for (std::size_t k = std::max<std::size_t>(1, first_blocks); k * 2 <= max_blocks; k *= 2) ++n;
  return n;
}

std::size_t requests_to_hold(double attainment, const ProbeRules& rules) {
  return static_cast<std::size_t>(
      std::ceil(std::log(rules.alpha_a_look()) / std::log(attainment) - 1e-9));
}

double SloProbe::attainment() const {
  return attempted == 0 ? 0 : static_cast<double>(met) / static_cast<double>(attempted);
}

std::string SloProbe::missed_most() const {
  if (attempted == 0 || met == attempted) return {};
  const double failing = static_cast<double>(failed) / static_cast<double>(attempted);
  // Failures are missed by every objective: what the others miss beyond them is their own.
  struct Cause {
    const char* name;
    double share;
  };
  Cause most{"failed requests", failing};
  for (const Cause& c : {Cause{"TTFT", 1 - met_ttft.value_or(1) - failing},
                         Cause{"TPOT", 1 - met_tpot.value_or(1) - failing},
                         Cause{"end-to-end time", 1 - met_e2e.value_or(1) - failing}}) {
    if (c.share > most.share) most = c;
  }
  return most.name;
}

stats::BlockArm settled(const stats::BlockArm& block) {
  stats::BlockArm out = block;
  if (block.arrival == Arrival::closed || block.requests.empty()) return out;
  std::vector<double> e2e;
  for (const auto& r : block.requests) {
    if (r.success && !std::isnan(r.e2e)) e2e.push_back(r.e2e);
  }
  const double first = block.requests.front().start, last = block.requests.back().start;
  const double fill = stats::quantile(e2e, 0.5).value_or(0);
  const double begin = first + std::min(fill, (last - first) / 2);
  std::erase_if(out.requests, [&](const stats::RequestMetrics& r) { return r.start < begin; });
  out.attempted = out.requests.size();
  out.failed = static_cast<std::size_t>(std::count_if(
      out.requests.begin(), out.requests.end(), [](const auto& r) { return !r.success; }));
  return out;
}

InFlight in_flight_of(const stats::BlockArm& block) {
  InFlight out;
  if (block.requests.size() < 3) return out;
  const double first = block.requests.front().start, last = block.requests.back().start;
  const double third = (last - first) / 3;
  if (!(third > 0)) return out;
  const auto mean = [&](double begin) {
    double busy = 0;
    for (const auto& r : block.requests) {
      const double end = r.start + (std::isnan(r.e2e) ? 0 : r.e2e);
      busy += std::max(0.0, std::min(end, begin + third) - std::max(r.start, begin));
    }
    return busy / third;
  };
  out.middle = mean(first + third);
  out.last = mean(first + 2 * third);
  return out;
}

SloProbe judge_slo_probe(std::span<const stats::BlockArm> blocks, const Slo& slo,
                         const ProbeRules& rules) {
  SloProbe out;
  if (blocks.empty()) return out;
  out.arm = blocks.front().arm;
  out.point = blocks.front().point;
  out.blocks = blocks.size();
  stats::Measurements m;
  double served = 0;
  std::size_t with_rate = 0;
  for (const auto& block : blocks) {
    m.blocks.push_back(settled(block));
    out.settling += block.requests.size() - m.blocks.back().requests.size();
    if (std::isnan(block.request_rate)) continue;
    served += block.request_rate;
    ++with_rate;
  }
  if (with_rate > 0) out.served = served / static_cast<double>(with_rate);
  const auto runs = stats::missing_slo(m, slo, out.point, out.arm);
  for (const auto& block : m.blocks) out.failed += block.failed;
  for (const auto& run : runs) {
    out.attempted += run.attempted;
    out.met += run.attempted - run.exceeding;
  }
  using R = stats::RequestMetrics;
  for (const Objective& o : {Objective{slo.ttft, &R::ttft, &SloProbe::met_ttft, &SloProbe::ttft},
                             Objective{slo.tpot, &R::tpot, &SloProbe::met_tpot, &SloProbe::tpot},
                             Objective{slo.e2e, &R::e2e, &SloProbe::met_e2e, &SloProbe::e2e}})
    measure_objective(m.blocks, o, slo.attainment, out);

  const double alpha = rules.alpha_a_look();
  const stats::Exceedance e = stats::exceedance(runs, 1 - slo.attainment, alpha, alpha);
  if (e.upper) out.lo = std::clamp(1 - *e.upper, 0.0, 1.0);  // t over blocks knows no ends
  if (e.lower) out.hi = std::clamp(1 - *e.lower, 0.0, 1.0);
  out.growing = backlog_grows(blocks);
  if (e.above) {
    out.answer = ProbeAnswer::fails;
    out.why = "most missed: " + out.missed_most();
  } else if (e.below && !out.growing) {
    out.answer = ProbeAnswer::holds;
  } else if (e.below) {
    out.why = "the objectives were met, but requests in flight kept growing until the end";
  } else {
    out.why = undecided_words(out, slo);
  }
  return out;
}

std::vector<ValidityFinding> client_findings(const Scenario& scenario,
                                             std::span<const stats::BlockArm> blocks) {
  Scenario rules = scenario;
  rules.criteria.clear();
  rules.points.clear();
  rules.aa_blocks = 0;
  rules.validity.same_token_ids = false;
  stats::Measurements m;
  m.blocks.assign(blocks.begin(), blocks.end());
  const stats::Comparison comparison;
  const JudgeContext context;
  std::vector<ValidityFinding> out = check_validity(Inputs{rules, m, comparison, context});
  std::erase_if(out, [](const ValidityFinding& f) { return !f.voids; });
  return out;
}

OpenInterval capacity_ratio(const Bracket& baseline, const Bracket& candidate) {
  OpenInterval out;
  if (candidate.held && baseline.failed) out.lo = *candidate.held / *baseline.failed;
  if (candidate.failed && baseline.held) out.hi = *candidate.failed / *baseline.held;
  return out;
}

const ArmCapacity* SloSearch::find(Arm arm) const {
  const auto it =
      std::find_if(arms.begin(), arms.end(), [&](const ArmCapacity& a) { return a.arm == arm; });
  return it == arms.end() ? nullptr : &*it;
}

bool SloSearch::found() const {
  return end == SearchEnd::complete && !arms.empty() &&
         std::all_of(arms.begin(), arms.end(), [](const ArmCapacity& a) {
           return a.bracket.status == BracketStatus::found ||
                  (a.bracket.held && a.bracket.failed && a.bracket.contradictions.empty());
         });
}

bool SloSearch::precise() const {
  return found() && std::all_of(arms.begin(), arms.end(), [](const ArmCapacity& a) {
           return a.bracket.status == BracketStatus::found;
         });
}

std::optional<ExitCode> exit_code(SearchEnd end) {
  switch (end) {
    case SearchEnd::client_limited:
    case SearchEnd::changed:
      return ExitCode::void_run;
    case SearchEnd::interrupted:
      return ExitCode::interrupted;
    case SearchEnd::gone:
      return ExitCode::unavailable;
    case SearchEnd::complete:
      break;
  }
  return std::nullopt;
}

ExitCode exit_code(const SloSearch& search) {
  return exit_code(search.end).value_or(search.found() ? ExitCode::go : ExitCode::inconclusive);
}

}  // namespace abgate::decision
