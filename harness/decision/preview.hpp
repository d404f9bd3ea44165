#pragma once
// Before any load: what a plan can decide, how long it takes, and what cannot pass at all. Sends
// nothing.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/scenario.hpp"

namespace abgate::decision {

/// Noise and pace assumed before anything was measured; a stored run gives better ones.
struct PriorNoise {
  double block_sd = 0.02;          ///< of the log-ratio candidate/baseline of a block's mean
  double level_sd = 0.03;          ///< of the log of one arm's block mean
  double quality_baseline = 0.85;  ///< share of items that the baseline gets right
  double discordance = 0.06;       ///< share of items on which the arms differ
  double score_sd = 0.20;          ///< of the difference of continuous scores per item
  double design_effect = 1.0;      ///< of clustered items
  double ttft = 0.5, tpot = 0.05;  ///< seconds, for the minutes
};

/// One criterion under this plan.
struct CriterionPreview {
  std::string id, title;
  bool can_pass = true;
  std::string why_not;  ///< can_pass false: the reason with numbers
  std::string remedy;   ///< what would make it possible
  std::optional<double>
      needed;  ///< smallest (or largest) true value that passes with 90 % power, criterion's unit
  std::string sentence;  ///< "throughput must truly be ≥ 2.05× to pass in 9 of 10 runs"
  std::size_t n = 0;     ///< what the plan gives
  std::string n_unit;
};

struct Preview {
  std::vector<CriterionPreview> criteria;  ///< in the scenario's order
  double minutes = 0;                      ///< of the whole plan, under the assumed pace
  std::size_t requests = 0;                ///< over all arms, warm-up included
  std::size_t blocks = 0;
  bool can_go = true;   ///< every must criterion can pass
  double go_power = 0;  ///< chance of a GO when each must criterion has exactly 90 % power
  std::vector<std::string> notes;
};

/// Pure. Criteria that lint() refuses cannot pass, with lint's reason.
Preview preview(const Scenario& scenario, const Plan& plan, const PriorNoise& noise = {});

}  // namespace abgate::decision
