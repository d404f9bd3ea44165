#pragma once
// Planted quality: whether an instance knows the answer to an item, and what it says if it does
// not.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/rng.hpp"
#include "vllmsim/profile.hpp"

namespace abgate::sim {

/// A standard normal for one item of one instance. Two instances (seeds) correlate by `rho`: the
/// latent part is a function of the id alone.
double item_normal(std::string_view id, std::uint64_t instance_seed, double rho);

/// Correct iff Phi(item_normal) < accuracy of the category: the marginal accuracy is exact.
bool planted_correct(const QualitySpec& quality, std::string_view id, std::string_view category,
                     std::uint64_t instance_seed);

/// A plausible mistake: renamed identifier, other operator or number, lost word or line, early
/// stop, or a loop. Never equal to the reference when both are split at white space.
std::string wrong_answer(const std::string& reference, Rng rng);

/// Removes a first line such as "# abgate 1f2e" (also // and --), also behind a
/// leading special token ("<|fim_prefix|>").
std::string without_salt(std::string_view prompt);

/// A prompt and its right answer.
struct KnownPrompt {
  std::string id;
  std::string category;
  std::string prompt;  ///< as sent to completions, or chat_key() of the messages
  std::string reference;
};
std::string chat_key(const std::vector<std::pair<std::string, std::string>>& messages);

struct PlantedAnswer {
  std::string id;
  bool correct = false;
  std::string text;
  std::string reference;  ///< the right answer
};

/// What one instance answers to the prompts of a suite. Immutable.
class AnswerBook {
 public:
  AnswerBook() = default;
  AnswerBook(const std::vector<KnownPrompt>& prompts, const QualitySpec& quality,
             std::uint64_t instance_seed);
  /// nullptr for a prompt that no item has. The salt is ignored.
  const PlantedAnswer* find(std::string_view prompt) const;
  std::size_t size() const { return by_prompt_.size(); }

 private:
  std::unordered_map<std::string, PlantedAnswer> by_prompt_;
};

/// Reads a suite (JSONL) and renders its prompts for Qwen2.5-Coder. Throws DataError.
std::vector<KnownPrompt> load_known_prompts(const std::string& suite_path);

}  // namespace abgate::sim
