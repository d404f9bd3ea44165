#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/scenario.hpp"

namespace abgate::cli {

/// Number of the run that is about to start: 1 + finished runs under `folder` of a scenario of the
/// same name with the same criteria and the same endpoints. Seeds and sizes do not matter: changing
/// them and trying again is another attempt. Folders that hold no readable run count for nothing.
/// `only`: the recordings of that arm are counted instead, each apart from the comparisons; where
/// two of them are judged together, the larger of their numbers is the attempt (store::merge_runs).
int attempt_number(const std::string& folder, const Scenario& scenario,
                   const std::vector<std::string>& overrides, std::optional<Arm> only = {});

}  // namespace abgate::cli
