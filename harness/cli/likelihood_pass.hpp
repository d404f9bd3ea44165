#pragma once
// Texts read back by the servers, beside the load: which texts, which dialect, the raw files.

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/preflight.hpp"
#include "core/likelihood.hpp"
#include "core/plan.hpp"
#include "core/record.hpp"
#include "core/suite.hpp"
#include "quality/prompt_logprobs.hpp"
#include "stats/likelihood.hpp"
#include "store/redact.hpp"
#include "store/stored_run.hpp"

namespace abgate::cli {

/// Gold code of the items that the plan's quality pass asks, at most config.likelihood.documents (0:
/// all), in the plan's order; items without a reference are left out. Prompt and reference; of a
/// fill-in-the-middle item either the whole file from left to right (whole_document), or the prompt
/// as the model is asked it (fim_template) and then the middle, so that only the middle is scored
/// and with its suffix known.
std::vector<LikelihoodText> reference_texts(const Suite& suite, const Plan& plan,
                                            const QualityConfig& config);

/// A whole answer to `prompt`, for being read back; nullopt if the suite has no such item.
std::optional<LikelihoodText> output_text(const Suite& suite, const std::string& prompt,
                                          const RequestRecord& record);

/// The baseline's own answers as a recorded run read them back, for the other arm to read. Throws
/// DataError if the run has none.
std::vector<LikelihoodText> output_texts(const std::string& run_folder);

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
  /// Raw files of an interrupted run, whose answers are taken over; failures of the server as well,
  /// not texts that it was never asked.
  std::vector<store::CellFile> before;
};
/// Asks every text of every arm and writes one raw file per arm; a text that fails is recorded with
/// its reason. An arm that cannot give log-probabilities is refused in one line, and its file says
/// so for every text. Returns how many answers were taken over.
std::size_t run_likelihood(const LikelihoodPass& pass, const std::vector<LikelihoodText>& texts,
                    std::stop_token stop);

/// The pairs of a stored run, both tasks. Throws DataError for damaged files.
std::vector<stats::LikelihoodPair> read_likelihood(const store::StoredRun& run,
                                                   bool whole_document);

}  // namespace abgate::cli
