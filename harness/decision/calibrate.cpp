#include "decision/calibrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>

#include "decision/judge.hpp"
#include "stats/binomial.hpp"

namespace abgate::decision {
namespace {

/// A truth to plant and what it makes of each criterion.
struct Plan {
  std::string criterion, truth;
  World world;
};

Criterion criterion(std::string id, std::string metric, std::string stat, Form form, Op op,
                    double value) {
  Criterion c;
  c.id = std::move(id);
  c.metric = std::move(metric);
  c.stat = std::move(stat);
  c.form = form;
  c.op = op;
  c.value = value;
  c.point = kSimulatedPoint;
  return c;
}

double zero_failures_rate(const Design& design) {
  return stats::zero_failures_upper(design.blocks * design.requests + design.items);
}

/// Each criterion exactly where it stops to hold, the others far inside; then A/A; then known
/// effects.
std::vector<Plan> plans_of(const CalibrationOptions& options) {
  const World inside;
  std::vector<Plan> plans;
  const auto add = [&](std::string id, std::string truth, World world) {
    plans.push_back({std::move(id), std::move(truth), world});
  };
  World w = inside;
  w.candidate_memory_gb = 60;
  add("memory", "boundary", w);
  w = inside;
  w.candidate_speed = 40;
  w.baseline_speed = 16;
  add("speed", "boundary", w);
  w = inside;
  w.candidate_speed = 2.0 * w.baseline_speed;
  add("speed_ratio", "boundary", w);
  w = inside;
  w.quality_ratio = 0.95;
  w.discordance = 0.10;
  add("quality", "boundary", w);
  w = inside;
  w.error_rate = zero_failures_rate(options.design);
  add("errors", "boundary", w);
  w = inside;
  w.candidate_beyond = 0.05;
  add("ttft", "boundary", w);
  w = inside;
  w.candidate_speed = w.baseline_speed;
  w.candidate_memory_gb = w.baseline_memory_gb;
  add("all", "aa", w);
  w.baseline_speed = w.candidate_speed = 60;
  w.baseline_memory_gb = w.candidate_memory_gb = 41.7;
  add("speed_ratio", "aa", w);
  w = inside;
  w.candidate_speed = 2.1 * w.baseline_speed;
  add("speed_ratio", "2.1x", w);
  add("all", "far_inside", inside);
  w = inside;
  w.quality_ratio = 0.90;
  w.discordance = 0.13;
  add("quality", "0.90", w);
  w = inside;
  w.quality_ratio = 0.99;
  add("quality", "0.99", w);
  w = inside;
  w.error_rate = 0.01;
  add("errors", "1%", w);
  w = inside;
  w.candidate_beyond = 0.15;
  add("ttft", "15%_beyond", w);
  if (options.power_curve) {
    for (const double ratio : {1.90, 1.94, 1.98, 2.02, 2.04, 2.06, 2.08}) {
      w = inside;
      w.candidate_speed = ratio * w.baseline_speed;
      add("speed_ratio", fmt::format("{:.2f}x", ratio), w);
    }
  }
  return plans;
}

/// Does the criterion truly hold? The memory and speed limits as declared; errors: a rate below
/// what zero failures prove, so that the boundary is where a GO should come in 5 %.
bool holds(const Criterion& c, const World& w, const Design& design) {
  constexpr double tiny = 1e-9;
  if (c.id == "memory") return w.candidate_memory_gb < c.value;
  if (c.id == "speed") return w.candidate_speed > c.value * (1 + tiny);
  if (c.id == "speed_ratio") return w.candidate_speed > c.value * w.baseline_speed * (1 + tiny);
  if (c.id == "quality") return w.quality_ratio > c.value + tiny;
  if (c.id == "errors") return w.error_rate < zero_failures_rate(design) * (1 - tiny);
  return w.candidate_beyond < 0.05 - tiny;
}

struct Counts {
  std::size_t go = 0, no_go = 0, inconclusive = 0, voided = 0, false_no_go = 0, criterion_pass = 0;
  void add(const Counts& other) {
    go += other.go;
    no_go += other.no_go;
    inconclusive += other.inconclusive;
    voided += other.voided;
    false_no_go += other.false_no_go;
    criterion_pass += other.criterion_pass;
  }
};

void count_one(const Scenario& scenario, const Plan& plan, const std::vector<bool>& truth,
               const CalibrationOptions& options, std::uint64_t seed, stats::Measurements& m,
               Counts& counts) {
  Rng rng(seed);
  simulate(plan.world, options.scatter, options.design, rng, m);
  const Verdict v = judge(scenario, m, {});
  if (v.decision == Decision::go)
    ++counts.go;
  else if (v.decision == Decision::no_go)
    ++counts.no_go;
  else
    ++counts.inconclusive;
  if (v.decision == Decision::void_run) ++counts.voided;
  bool wrong = false;
  for (std::size_t i = 0; i < v.criteria.size(); ++i) {
    wrong = wrong || (truth[i] && v.criteria[i].result == Result::fail);
    if (v.criteria[i].criterion.id == plan.criterion && v.criteria[i].result == Result::pass)
      ++counts.criterion_pass;
  }
  if (wrong) ++counts.false_no_go;
}

Counts run_plan(const Scenario& scenario, const Plan& plan, const std::vector<bool>& truth,
                const CalibrationOptions& options) {
  const unsigned threads =
      options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  const std::uint64_t base = derive_seed(options.seed, plan.criterion + "/" + plan.truth);
  std::vector<Counts> parts(threads);
  {
    std::vector<std::jthread> workers;
    for (unsigned t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        Counts mine;  // not in `parts`, whose elements share cache lines
        stats::Measurements storage;
        for (std::size_t i = t; i < options.experiments; i += threads) {
          count_one(scenario, plan, truth, options, derive_seed(base, i), storage, mine);
        }
        parts[t] = mine;
      });
    }
  }
  Counts all;
  for (const Counts& part : parts) all.add(part);
  return all;
}

Rate rate_of(std::size_t k, std::size_t n) {
  const stats::Estimate e = stats::clopper_pearson(k, n, 0.95);
  return {static_cast<double>(k) / static_cast<double>(n), e.lo.value_or(0), e.hi.value_or(1)};
}

CalibrationCell cell_of(const Plan& plan, const Counts& counts, const std::vector<bool>& truth,
                        std::size_t n) {
  CalibrationCell cell{plan.criterion,
                       plan.truth,
                       n,
                       rate_of(counts.go, n),
                       rate_of(counts.no_go, n),
                       rate_of(counts.inconclusive, n),
                       rate_of(counts.voided, n),
                       {},
                       {},
                       {}};
  const bool all_hold = std::find(truth.begin(), truth.end(), false) == truth.end();
  const bool any_holds = std::find(truth.begin(), truth.end(), true) != truth.end();
  if (!all_hold) cell.false_go = cell.go;
  if (any_holds) cell.false_no_go = rate_of(counts.false_no_go, n);
  if (plan.criterion != "all") cell.criterion_pass = rate_of(counts.criterion_pass, n);
  return cell;
}

}  // namespace

Scenario five_criteria() {
  Scenario s;
  s.name = "five-criteria";
  s.baseline.label = "baseline";
  s.candidate.label = "candidate";
  LoadPoint point;
  point.id = kSimulatedPoint;
  s.points.push_back(point);
  s.quality.suite = "simulated";
  s.criteria = {
      criterion("memory", "gpu_memory_used", "max", Form::candidate, Op::lt, 60),
      criterion("speed", "stream_speed", "mean", Form::candidate, Op::ge, 40),
      criterion("speed_ratio", "stream_speed", "mean", Form::ratio, Op::ge, 2),
      criterion("quality", std::string("quality.") + kSimulatedScore, "mean", Form::ratio, Op::gt,
                0.95),
      criterion("errors", "errors", "sum", Form::candidate, Op::eq, 0),
      criterion("ttft", "ttft", "p95", Form::candidate, Op::lt, 1),
  };
  s.criteria[4].point.clear();
  s.criteria[4].min_n = 1000;
  return s;
}

CalibrationTable calibrate(const CalibrationOptions& options,
                           const std::function<void(const CalibrationCell&)>& on_cell) {
  CalibrationTable table;
  table.options = options;
  Scenario scenario = five_criteria();
  scenario.blocks = options.design.blocks;
  scenario.aa_blocks = options.design.aa_blocks;
  for (const Plan& plan : plans_of(options)) {
    std::vector<bool> truth;
    for (const Criterion& c : scenario.criteria)
      truth.push_back(holds(c, plan.world, options.design));
    const Counts counts = run_plan(scenario, plan, truth, options);
    table.cells.push_back(cell_of(plan, counts, truth, options.experiments));
    if (on_cell) on_cell(table.cells.back());
  }
  return table;
}

}  // namespace abgate::decision
