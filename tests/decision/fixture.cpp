#include "fixture.hpp"

#include <algorithm>
#include <stdexcept>

namespace abgate::decision::testing {

Scenario scenario() {
  Scenario s = five_criteria();
  s.baseline.label = "FP16";
  s.candidate.label = "AWQ";
  return s;
}

stats::Measurements healthy_run() {
  Rng rng(7);
  stats::Measurements m = simulate(World{}, ScatterModel{}, Design{}, rng);
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    ServerFacts facts;
    facts.arm = arm;
    facts.token_ids_hash = "abc";
    m.facts.push_back(facts);
  }
  return m;
}

void set_speeds(stats::Measurements& m, Arm arm, const std::vector<double>& speeds, CellKind kind) {
  for (stats::BlockArm& b : m.blocks) {
    if (b.arm != arm || b.kind != kind || b.block >= speeds.size()) continue;
    for (stats::RequestMetrics& r : b.requests) r.tpot = 1 / speeds[b.block];
    b.throughput = 8 * speeds[b.block];
  }
}

void set_slow_starts(stats::Measurements& m, const std::vector<std::size_t>& beyond,
                     std::size_t size) {
  for (stats::BlockArm& b : m.blocks) {
    if (b.arm != Arm::candidate || b.kind != CellKind::load) continue;
    stats::RequestMetrics like = b.requests.front();
    b.requests.assign(size, like);
    b.attempted = size;
    for (std::size_t i = 0; i < size; ++i) {
      b.requests[i].index = static_cast<std::uint32_t>(i);
      b.requests[i].ttft = i < beyond.at(b.block) ? 2.0 : 0.5;
    }
  }
}

void set_outcomes(stats::Measurements& m, std::size_t both, std::size_t candidate_only,
                  std::size_t baseline_only, std::size_t neither) {
  m.quality.clear();
  const auto add = [&](std::size_t n, double base, double cand) {
    for (std::size_t i = 0; i < n; ++i) {
      stats::QualityPair& p = m.quality.emplace_back();
      p.item = p.cluster = "item-" + std::to_string(m.quality.size());
      p.baseline[kSimulatedScore] = base;
      p.candidate[kSimulatedScore] = cand;
    }
  };
  add(both, 1, 1);
  add(candidate_only, 0, 1);
  add(baseline_only, 1, 0);
  add(neither, 0, 0);
}

void fail_requests(stats::Measurements& m, std::size_t n, Arm arm) {
  for (stats::BlockArm& b : m.blocks) {
    if (b.arm != arm || b.kind != CellKind::load) continue;
    for (stats::RequestMetrics& r : b.requests) {
      if (n == 0) return;
      if (!r.success) continue;
      const std::uint32_t index = r.index;
      r = {};
      r.index = index;
      ++b.failed;
      ++b.failures["http_error 500"];
      --n;
    }
  }
}

const CriterionResult& result(const Verdict& verdict, const std::string& id) {
  for (const CriterionResult& r : verdict.criteria) {
    if (r.criterion.id == id) return r;
  }
  throw std::runtime_error("no result " + id);
}

Criterion& criterion(Scenario& s, const std::string& id) {
  for (Criterion& c : s.criteria) {
    if (c.id == id) return c;
  }
  throw std::runtime_error("no criterion " + id);
}

bool has_finding(const Verdict& v, const std::string& id) {
  return std::any_of(v.validity.begin(), v.validity.end(),
                     [&](const ValidityFinding& f) { return f.id == id; });
}

const Explanation* explanation(const Verdict& v, const std::string& id) {
  const auto it = std::find_if(v.explanations.begin(), v.explanations.end(),
                               [&](const Explanation& e) { return e.id == id; });
  return it == v.explanations.end() ? nullptr : &*it;
}

bool any_contains(const std::vector<std::string>& lines, const std::string& part) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& s) { return s.find(part) != std::string::npos; });
}

}  // namespace abgate::decision::testing
