#pragma once
// Builds the sentences of one criterion's result; internal to the room.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "decision/inputs.hpp"
#include "decision/methods.hpp"
#include "decision/verdict.hpp"

namespace abgate::decision {

/// A figure of the criterion with its unit: "2.12×", "0.52 s", "0.952"; enough digits to differ
/// from the threshold wherever the value does.
std::string shown(const Criterion& criterion, double value);
/// "< 60 GB", "≥ 2×".
std::string required(const Criterion& criterion);
std::string title_of(const Criterion& criterion);

/// Marks a result as undecided with the machine code, the reason and what to do.
void leave_open(CriterionResult& out, std::string code, std::string reason, std::string next_step);

/// Classifies from bounds and writes the reason with numbers. `support` closes the sentence: "6
/// blocks". `pass` and `fail` as in classify(); `other` is the FAIL bound as measured, for the
/// reader.
void settle(CriterionResult& out, std::optional<double> pass, std::optional<double> fail,
            std::optional<double> other, const std::string& support);

/// Applies the rule for missing data after everything else: no PASS with parts missing, FAIL where
/// the criterion says so. `missing` are sentences; empty: nothing happens.
void apply_missing(CriterionResult& out, const std::vector<std::string>& missing,
                   const std::string& next_step);

/// "about 10 more blocks, about 50 min (blocks: 16)".
std::string more_blocks(const Inputs& in, std::size_t have, std::size_t need);

/// Next step of a t statement on blocks that straddles its threshold. `gap`: distance of the
/// estimate from the threshold on the tested scale, `sd` of one block on that scale.
std::string blocks_to_decide(const Inputs& in, const CriterionResult& out, double gap, double sd);

/// The criteria of each kind. They fill everything but criterion, levels and method.
void judge_block_values(const Inputs& in, Method method, CriterionResult& out);
void judge_exceedance(const Inputs& in, CriterionResult& out);
void judge_error_share(const Inputs& in, CriterionResult& out);
void judge_observed_max(const Inputs& in, CriterionResult& out);
void judge_error_count(const Inputs& in, CriterionResult& out);
void judge_restarts(const Inputs& in, CriterionResult& out);
void judge_memory(const Inputs& in, CriterionResult& out);
void judge_quality(const Inputs& in, Method method, CriterionResult& out);
void judge_likelihood(const Inputs& in, CriterionResult& out);

/// Requests below which a count of errors proves nothing worth saying, where the criterion sets no
/// min_n: 0 of 300 proves less than 1 %.
inline constexpr std::size_t kDefaultMinRequests = 300;
/// Share of failed baseline requests beyond which comparing with it proves nothing.
inline constexpr double kMaxBaselineFailures = 0.01;

}  // namespace abgate::decision
