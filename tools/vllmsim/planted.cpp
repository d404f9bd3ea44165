#include "vllmsim/planted.hpp"

#include <cmath>
#include <numbers>

namespace abgate::sim {

namespace {

/// Bytes of a first line that only carries a salt; 0 if there is none.
std::size_t salt_line(std::string_view text) {
  for (const std::string_view start : {"# abgate ", "// abgate ", "-- abgate "}) {
    if (!text.starts_with(start)) continue;
    const std::size_t end = text.find('\n');
    return end == std::string_view::npos ? text.size() : end + 1;
  }
  return 0;
}

}  // namespace

double item_normal(std::string_view id, std::uint64_t instance_seed, double rho) {
  const double latent = Rng(derive_seed(fnv1a(id), "latent")).normal();
  const double own = Rng(derive_seed(derive_seed(instance_seed, "item"), id)).normal();
  return std::sqrt(rho) * latent + std::sqrt(1 - rho) * own;
}

bool planted_correct(const QualitySpec& quality, std::string_view id, std::string_view category,
                     std::uint64_t instance_seed) {
  const auto found = quality.by_category.find(std::string(category));
  const double accuracy = found == quality.by_category.end() ? quality.accuracy : found->second;
  const double z = item_normal(id, instance_seed, quality.rho);
  const double u = 0.5 * std::erfc(-z / std::numbers::sqrt2);
  return u < accuracy;
}

std::string without_salt(std::string_view prompt) {
  std::size_t at = 0;  // behind a leading special token, as clients must put it
  if (prompt.starts_with('<')) {
    const std::size_t end = prompt.substr(0, 32).find_first_of("> \n");
    if (end != std::string_view::npos && prompt[end] == '>') at = end + 1;
  }
  return std::string(prompt.substr(0, at)).append(prompt.substr(at + salt_line(prompt.substr(at))));
}

std::string chat_key(const std::vector<std::pair<std::string, std::string>>& messages) {
  std::string key;
  for (const auto& [role, content] : messages) {
    key += role + '\x1e' + without_salt(content) + '\x1f';
  }
  return key;
}

AnswerBook::AnswerBook(const std::vector<KnownPrompt>& prompts, const QualitySpec& quality,
                       std::uint64_t instance_seed) {
  for (const KnownPrompt& known : prompts) {
    PlantedAnswer answer;
    answer.id = known.id;
    answer.reference = known.reference;
    answer.correct = planted_correct(quality, known.id, known.category, instance_seed);
    const Rng rng(derive_seed(derive_seed(instance_seed, "mistake"), known.id));
    answer.text = answer.correct ? known.reference : wrong_answer(known.reference, rng);
    by_prompt_.emplace(without_salt(known.prompt), std::move(answer));
  }
}

const PlantedAnswer* AnswerBook::find(std::string_view prompt) const {
  if (by_prompt_.empty()) return nullptr;
  const auto found = by_prompt_.find(without_salt(prompt));
  return found == by_prompt_.end() ? nullptr : &found->second;
}

}  // namespace abgate::sim
