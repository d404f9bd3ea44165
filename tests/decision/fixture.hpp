#pragma once
// Runs with chosen numbers: a healthy run that meets the five criteria, and ways to change one
// thing.

#include <cstddef>
#include <string>
#include <vector>

#include "decision/calibrate.hpp"
#include "decision/judge.hpp"
#include "decision/simulate.hpp"

namespace abgate::decision::testing {

/// Six blocks, one A/A block, 500 items; equal token hashes; every criterion of five_criteria()
/// holds.
stats::Measurements healthy_run();
Scenario scenario();

/// Sets every stream of block k to that speed (tok/s).
void set_speeds(stats::Measurements& m, Arm arm, const std::vector<double>& speeds,
                CellKind kind = CellKind::load);
/// Gives each run of the candidate `size` requests of which beyond[k] take 2 s to the first token,
/// the rest 0.5 s.
void set_slow_starts(stats::Measurements& m, const std::vector<std::size_t>& beyond,
                     std::size_t size);
/// Items of a source each, with this table of outcomes.
void set_outcomes(stats::Measurements& m, std::size_t both, std::size_t candidate_only,
                  std::size_t baseline_only, std::size_t neither);
/// Turns the first n successes of the candidate's first block into failures.
void fail_requests(stats::Measurements& m, std::size_t n, Arm arm = Arm::candidate);

const CriterionResult& result(const Verdict& verdict, const std::string& id);
Criterion& criterion(Scenario& s, const std::string& id);
bool has_finding(const Verdict& v, const std::string& id);
const Explanation* explanation(const Verdict& v, const std::string& id);
bool any_contains(const std::vector<std::string>& lines, const std::string& part);

}  // namespace abgate::decision::testing
