#pragma once
// One text read back by two (with A/A three) arms, position by position; and the arms' own answers,
// as far as both saw the same context.

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/likelihood.hpp"
#include "stats/estimate.hpp"

namespace abgate::stats {

/// Gap between the two best tokens below which a changed choice is a tie that noise decides (nat).
inline constexpr double kNearTie = 0.05;

/// How far two readings of one text are apart. Sums over `positions`.
struct Agreement {
  std::size_t positions = 0;  ///< with alternatives on both sides
  double same_top = 0;        ///< the most likely token is the same one; exact
  /// Over the common part of both top-k lists, the rest lumped: a lower bound of KL(P‖Q) by the
  /// log-sum inequality (data processing), not comparable with full-vocabulary figures.
  double kl_lower = 0;
  double jsd_lower = 0;  ///< the same of the Jensen–Shannon divergence
  double jsd_upper = 0;  ///< JSD_S + ln 2 · (p_o + q_o) / 2
  double tail = 0;       ///< mass of P outside the common part
  /// First position at which the other arm would have chosen (of two answers: chose) another token
  /// than the text has.
  std::optional<std::size_t> divergence;
  /// There: the first arm's own gap between its two best, nat. NaN: it does not show two.
  double gap = 0;
  /// There: ln p(best) - ln p(the text's token) under the other arm, nat; at least, where that token
  /// is not among those shown. NaN: it shows none.
  double regret = 0;
  bool near_tie() const { return divergence && gap < kNearTie; }
  bool unclear() const { return divergence && std::isnan(gap); }
};

/// Sums over tokens [first, end) of the text. Of answers (LikelihoodTask::answer): `tokens` are the
/// positions compared, Σ -ln p is over the arm's whole own answer, of own_tokens[] tokens.
struct LikelihoodPair {
  LikelihoodTask task = LikelihoodTask::reference;
  std::string item, cluster, category, language;
  std::string lost;  ///< why there is no pair; empty: there is
  std::size_t tokens = 0;
  double baseline = 0, candidate = 0;  ///< Σ -ln p
  std::optional<double> control;       ///< the baseline once more
  std::size_t own_tokens[kArmCount] = {0, 0, 0};
  Agreement candidate_agreement, control_agreement;
};

/// Compares two readings from token `first` on (at least 1) of the same tokens.
Agreement agreement(const std::vector<ScoredToken>& p, const std::vector<ScoredToken>& q,
                    std::size_t first);

/// Compares two answers to one prompt, each token its own arm's choice, up to and with the first
/// position at which they differ: up to there both arms saw the same context (quality.md 2.9). An
/// answer that ends where the other goes on has differed there.
Agreement agreement_of_answers(const std::vector<ScoredToken>& p,
                               const std::vector<ScoredToken>& q);

/// Pairs the answers to one prompt; `control` may be null. `text` of the records tells the item.
/// Lost: an error, or no token with rivals on both sides.
LikelihoodPair pair_answers(const LikelihoodRecord& baseline, const LikelihoodRecord& candidate,
                            const LikelihoodRecord* control);

/// Pairs the readings of one text; `control` may be null. Lost: an error, or other tokens.
LikelihoodPair pair_likelihood(const LikelihoodRecord& baseline, const LikelihoodRecord& candidate,
                               const LikelihoodRecord* control, std::size_t first);

/// What the report shows of one task: means per position with clustered intervals.
struct LikelihoodSummary {
  LikelihoodTask task = LikelihoodTask::reference;
  std::size_t texts = 0, lost = 0, tokens = 0;
  std::size_t control_texts = 0;  ///< of `texts`, those that the control has too: A/A is about them
  std::string why_lost;  ///< of the first one lost
  double baseline_ppl = 0, candidate_ppl = 0;
  struct Against {
    /// exp(Σ(nll - nll_baseline) / Σ tokens), interval of the ratio estimator: SE = √(C/(C-1)
    /// Σ_g (t_g - Δ m_g)²) / Σ m_g over sources g, t with C-1 degrees of freedom.
    Estimate ppl_ratio;
    Estimate same_top, kl_lower;      ///< per position
    double jsd_lower = 0, jsd_upper = 0, tail = 0;  ///< per position
    std::size_t positions = 0;
    /// Texts; damage = diverged - near_ties - unclear.
    std::size_t diverged = 0, near_ties = 0, unclear = 0;
    double first_divergence = 0;  ///< median position of the texts that diverge, from 1
    double regret = 0;            ///< mean at the first divergence, nat
    std::size_t damage() const { return diverged - near_ties - unclear; }
  };
  Against candidate;
  std::optional<Against> control;
  /// Candidate minus control, per position: what noise alone does not explain. Of texts only: the
  /// common parts of answers are of different lengths.
  std::optional<Estimate> excess_changed_top, excess_kl;
  /// Answers: mean ln p of a token of the arm's own whole answers, by index_of(arm); without a value
  /// for texts, and for an arm that has none.
  Estimate confidence[kArmCount];
};
/// One per task that has texts.
std::vector<LikelihoodSummary> summarise_likelihood(const std::vector<LikelihoodPair>& pairs,
                                                    double level);

}  // namespace abgate::stats
