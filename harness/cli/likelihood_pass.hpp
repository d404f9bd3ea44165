#pragma once
// Texts read back by the servers, beside the load: which texts, which dialect, the raw files.

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/preflight.hpp"
#include "core/likelihood.hpp"
#include "core/plan.hpp"
#include "core/suite.hpp"
#include "quality/prompt_logprobs.hpp"
#include "stats/likelihood.hpp"
#include "store/redact.hpp"
#include "store/stored_run.hpp"

namespace abgate::cli {

/// Prefix and reference of the items that the plan's quality pass asks, at most `limit` (0: all), in
/// the plan's order; items without a reference are left out.
std::vector<LikelihoodText> reference_texts(const Suite& suite, const Plan& plan,
                                            std::size_t limit);

/// One server that is asked for log-probabilities.
struct LikelihoodArm {
  Arm arm = Arm::baseline;
  const ArmConfig* config = nullptr;
  std::string model;
};

/// Finds the dialect by a canary, a short text asked twice. Throws Error (unavailable) with one line
/// that names every dialect tried and why it will not do.
quality::LogprobDialect find_dialect(const LikelihoodArm& server, int top_k, const Ask& ask);

struct LikelihoodPass {
  std::string folder;  ///< the run folder
  std::vector<LikelihoodArm> arms;
  LikelihoodConfig config;
  Ask ask;
  std::function<void(const std::string&)> note;  ///< one line for the user
  store::Redactor redact;                        ///< for the raw files
};
/// Asks every text of every arm and writes one raw file per arm; a text that fails is recorded with
/// its reason. An arm that cannot give log-probabilities is refused in one line, and its file says
/// so for every text.
void run_likelihood(const LikelihoodPass& pass, const std::vector<LikelihoodText>& texts,
                    std::stop_token stop);

/// The pairs of a stored run, both tasks. Throws DataError for damaged files.
std::vector<stats::LikelihoodPair> read_likelihood(const store::StoredRun& run,
                                                   bool whole_document);

}  // namespace abgate::cli
