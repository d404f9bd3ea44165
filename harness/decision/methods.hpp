#pragma once
// Which statistical method decides a criterion: a function of metric, statistic and form, with a
// few alternatives that a scenario may name in `method`.

#include <string>
#include <string_view>
#include <vector>

#include "core/criterion.hpp"

namespace abgate::decision {

enum class Method {
  t_log_ratio,    ///< t on the logarithms of candidate/baseline, one per block
  linear_margin,  ///< t on candidate - value·baseline, one per block (no ratio distribution needed)
  t_blocks,       ///< t on the candidate's block values
  t_difference,   ///< t on candidate - baseline, one per block
  exceedance,  ///< share of requests beyond the threshold, over requests and over runs (shares.hpp)
  observed_max,   ///< the largest value seen; a fact, no claim about unseen requests
  error_count,    ///< failed requests seen, with what that many of n prove
  error_share,    ///< share of failed requests, over requests and over runs (shares.hpp)
  restarts,       ///< a fact
  memory,         ///< peak over the run; a fact where samples are complete
  quality_score,  ///< paired items: Tang or Tango score with design effect (0/1), clustered t
                  ///< otherwise
  quality_level,  ///< the candidate's own score: Clopper–Pearson with design effect, or clustered t
  quality_flips,  ///< items whose score differs between the arms
  likelihood,     ///< perplexity ratio from paired log-likelihoods, clustered
};

struct MethodChoice {
  bool ok = false;
  Method method = Method::t_blocks;
  std::string why;  ///< !ok: saw …, want …
};

/// The method of a criterion, or why there is none. Pure; also used by lint and preview.
MethodChoice choose_method(const Criterion& criterion);

/// Id as a scenario may write it, e.g. "t_log_ratio_blocks".
std::string_view id_of(Method method);
/// One sentence for the report.
std::string_view sentence_of(Method method);
/// True where the unit of replication is a block, so that validity.min_blocks applies.
bool needs_blocks(Method method);
/// True for facts that need no interval.
bool is_exact(Method method);

/// 0.95 for "p95"; 0 for a statistic that is no percentile.
double percentile_of(std::string_view stat);
/// The requests' own metrics: one value per request (ttft, tpot, …, output_tokens).
bool is_request_metric(std::string_view metric);
/// One value per block (throughput, request_rate).
bool is_block_metric(std::string_view metric);

}  // namespace abgate::decision
