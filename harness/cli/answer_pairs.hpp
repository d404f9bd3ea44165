#pragma once
// The arms' own answers with their log-probabilities, set side by side from the raw files.

#include <vector>

#include "core/score.hpp"
#include "stats/likelihood.hpp"
#include "store/stored_run.hpp"

namespace abgate::cli {

/// One pair for each answer of the baseline in the quality pass (repeats are pairs of their own), in
/// the plan's order; empty where the run did not ask for log-probabilities. `scores` tell the items'
/// clusters and categories. The files are read side by side, request by request, so that what is
/// held at once is what one arm answered before the other. Throws DataError for damaged files.
std::vector<stats::LikelihoodPair> read_answer_pairs(const store::StoredRun& run,
                                                     const std::vector<ItemScore>& scores);

}  // namespace abgate::cli
