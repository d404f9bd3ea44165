#pragma once
// Prompts of given lengths that share no prefix. Pure; seeded.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/rng.hpp"
#include "core/scenario.hpp"
#include "load/plan.hpp"

namespace abgate::load {

/// Draws one length in tokens: fixed, uniform on [min, max] (integers) or lognormal with the given
/// mean and sd of the lengths themselves, or one of the values of an empirical distribution;
/// rounded and clamped to [max(min, 1), max] where max > 0. REQUIRES: empirical: some value.
int draw_length(const LengthDistribution& distribution, Rng& rng);

/// Text of `words` seeded words that look like code, about one token each for common tokenizers;
/// the first words differ between seeds, so that no two prompts share a cached block. More words of
/// one seed begin with its fewer words.
std::string synthetic_text(std::size_t words, std::uint64_t seed);

/// How a server counts synthetic words: tokens = overhead_tokens + tokens_per_word · words.
struct WordCalibration {
  double tokens_per_word = 1;
  double overhead_tokens = 0;  ///< what the server adds: chat template, first token, salt
};

/// The calibration from probe requests: pairs of words sent and prompt_tokens counted by the
/// server. Least squares. nullopt if the probes cannot tell (fewer than two different lengths, no
/// growth).
std::optional<WordCalibration> calibrate_words(
    const std::vector<std::pair<std::size_t, std::int64_t>>& words_and_tokens);

/// How many words are `tokens` tokens; at least 1.
std::size_t words_for(double tokens, const WordCalibration& calibration);

/// Tokens of a prompt of `tokens` that its group shares: whole blocks of 16, vLLM's block size.
int shared_tokens(const SharedPrefix& shared, int tokens);

/// `count` prompts of a synthetic source, or whole sessions of about that many turns. Input lengths
/// in tokens are approximated by words, one token each unless calibrated. Output lengths become
/// max_tokens and are exact.
///
/// Shared prefix: prompts are dealt to the groups in turn, and each begins with as much of its
/// group's text as shared_tokens says. Sessions: a turn's prompt is the one before it, a made-up
/// answer of the length that was asked for, and input_tokens of new text; made up, so that both arms
/// are sent the same.
PromptSet make_synthetic_prompts(const PromptSource& source, Api api, std::uint64_t seed,
                                 std::size_t count, const WordCalibration& calibration = {});
/// The same for a workload without classes; the seed is the scenario's for prompts.
PromptSet make_synthetic_prompts(const Scenario& scenario, std::size_t count,
                                 const WordCalibration& calibration = {});

}  // namespace abgate::load
