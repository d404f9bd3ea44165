#pragma once
// Do the servers give log-probabilities with an answer, and of how many tokens? Found by asking,
// because servers ignore fields that they do not know and refuse numbers above a limit of their own
// (vLLM: --max-logprobs, 20 unless set).

#include <string>
#include <vector>

#include "cli/preflight.hpp"
#include "core/manifest.hpp"

namespace abgate::cli {

/// What one arm's server gives.
struct LogprobOffer {
  Arm arm = Arm::baseline;
  int top = 0;       ///< most likely tokens at each position; 0: none
  bool ids = false;  ///< names tokens by id where it is asked to
  std::string why;   ///< one line where `top` is below what was wanted, or `ids` is false
};

/// Sends the plan's first prompt as the quality pass would, for two tokens: first for as many most
/// likely tokens as the scenario wants, then for 20, 5 and 1, then the same without token ids, until
/// it is accepted. Without ids from the start where the scenario does not want them
/// (quality.logprob_ids). What the server does wrong is in the offer. Throws what `ask` throws.
LogprobOffer probe_logprobs(const Scenario& scenario, const Plan& plan, Arm arm,
                            const std::string& model, const Ask& ask);

/// What every arm gives: they are asked alike. REQUIRES: at least one offer.
LogprobFacts agree(int wanted, const std::vector<LogprobOffer>& offers);

}  // namespace abgate::cli
