#pragma once
// What of a plan a run drives: which arms, which look, how much it is.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/manifest.hpp"
#include "core/plan.hpp"
#include "core/record.hpp"
#include "core/scenario.hpp"

namespace abgate::cli {

/// Keeps references to both.
class DrivePlan {
 public:
  /// `only`: a recording drives this arm alone; the control is the baseline's server.
  DrivePlan(const Scenario& scenario, const Plan& plan, std::optional<Arm> only)
      : scenario_(scenario), plan_(plan), only_(only) {}

  const std::vector<Step>& steps() const { return plan_.steps; }
  const Cell& cell(const Step& step) const { return plan_.cells[step.cell]; }
  std::vector<Arm> arms(const Step& step) const;
  /// Servers to watch.
  std::vector<Arm> servers() const;
  /// Steps of the declared extension come last in the plan.
  bool in_extension(const Step& step) const;
  /// Of the first look, or of the extension.
  std::vector<ExpectedCell> expected(bool extension) const;
  std::size_t requests(bool extension) const;

 private:
  const Scenario& scenario_;
  const Plan& plan_;
  std::optional<Arm> only_;
};

/// The record of a cell before anything was measured.
CellRecord header_of(const Cell& cell, Arm arm);

/// "c4 block 3/6"; `blocks`: of the looks so far.
std::string cell_title(const Cell& cell, std::size_t blocks);

}  // namespace abgate::cli
