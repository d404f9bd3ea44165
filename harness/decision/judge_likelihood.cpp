// Perplexity of reference code: paired log-likelihoods, token-weighted, clustered.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "decision/algebra.hpp"
#include "decision/result.hpp"
#include "decision/words.hpp"
#include "stats/clustered.hpp"
#include "stats/t_blocks.hpp"

namespace abgate::decision {
namespace {

struct Likelihoods {
  std::vector<double> tokens, loss;  ///< loss: candidate's nll - baseline's
  std::vector<std::string> names;
  double baseline = 0, candidate = 0;
  std::size_t dropped = 0;
  std::string why;  ///< of the first one dropped
};

Likelihoods collect(const stats::Measurements& m) {
  Likelihoods out;
  for (const stats::LikelihoodPair& p : m.likelihood) {
    if (p.task != LikelihoodTask::reference) continue;
    if (!p.lost.empty() || p.tokens == 0) {
      if (out.dropped++ == 0) out.why = p.lost;
      continue;
    }
    out.tokens.push_back(static_cast<double>(p.tokens));
    out.loss.push_back(p.candidate - p.baseline);
    out.names.push_back(p.cluster);
    out.baseline += p.baseline;
    out.candidate += p.candidate;
  }
  return out;
}

/// Dropped items at the worst loss per token that was seen, average length, a source of their own.
void add_dropped(Likelihoods& x, double mean_tokens) {
  double worst = 0;
  for (std::size_t i = 0; i < x.loss.size(); ++i) worst = std::max(worst, x.loss[i] / x.tokens[i]);
  for (; x.dropped > 0; --x.dropped) {
    x.tokens.push_back(mean_tokens);
    x.loss.push_back(worst * mean_tokens);
    x.names.emplace_back();
  }
}

std::optional<double> power(std::optional<double> log_ratio) {
  return log_ratio ? std::optional(std::exp(*log_ratio)) : std::nullopt;
}

stats::Estimate log_ratio(const Likelihoods& x, double alpha) {
  const auto clusters = stats::number_clusters(x.names);
  return stats::clustered_total_ratio(x.tokens, x.loss, clusters, stats::level_for(alpha));
}

}  // namespace

void judge_likelihood(const Inputs& in, CriterionResult& out) {
  const Criterion& c = out.criterion;
  Likelihoods x = collect(in.m);
  out.n = x.loss.size();
  out.n_unit = "items";
  if (x.loss.empty()) {
    return leave_open(out, "missing",
                      "no pair of log-likelihoods of reference code" +
                          (x.why.empty() ? "" : " (" + x.why + ")"),
                      "use servers that give prompt log-probabilities");
  }
  double tokens = 0;
  for (const double n : x.tokens) tokens += n;
  out.baseline = std::exp(x.baseline / tokens);
  out.candidate = std::exp(x.candidate / tokens);
  const double share =
      static_cast<double>(x.dropped) / static_cast<double>(x.dropped + x.loss.size());
  if (share > in.scenario.quality.max_failed_pairs) {
    return leave_open(
        out, "missing",
        fmt::format("{} of items have no log-likelihood on both sides ({})", percent(share), x.why),
        "run the quality pass again");
  }
  out.measured = power(log_ratio(x, out.alpha_pass).value);
  const stats::Estimate at_fail = log_ratio(x, out.alpha_fail);
  add_dropped(x, tokens / static_cast<double>(out.n));
  const stats::Estimate at_pass = log_ratio(x, out.alpha_pass);
  const bool upper = upper_limit(c.op);
  const auto fail = power(upper ? at_fail.lo : at_fail.hi);
  settle(out, power(upper ? at_pass.hi : at_pass.lo), fail, fail,
         fmt::format("{}, {} tokens", counted(out.n, "item"), number(tokens)));
  out.notes.push_back(fmt::format("perplexity {} (candidate) and {} (baseline)",
                                  number(*out.candidate), number(*out.baseline)));
  const auto clusters = stats::number_clusters(x.names);
  const std::size_t sources = std::set<std::uint32_t>(clusters.begin(), clusters.end()).size();
  if (out.result == Result::inconclusive) out.next_step = "add reference code";
  if (out.result == Result::pass && sources < stats::kMinClusters) {
    leave_open(out, "too_few_clusters",
               fmt::format("{} independent sources, want at least {}", count(sources),
                           stats::kMinClusters),
               "add reference code from other sources");
  }
}

}  // namespace abgate::decision
