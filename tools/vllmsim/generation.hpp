#pragma once
// The tokens of one answer, one after the other, and why they end.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vllmsim/filler.hpp"

namespace abgate::sim {

enum class Finish : std::uint8_t { none, stop, length, abort };
std::string_view to_string(Finish finish);  ///< "stop", …; "none" for none

struct GenerationPlan {
  std::string answer;                 ///< planned text; empty: filler
  bool answered = false;              ///< `answer` counts even when empty
  std::int64_t natural_length = 100;  ///< tokens of filler before the end of sequence
  std::int64_t max_tokens = 16;
  std::int64_t min_tokens = 0;
  bool ignore_eos = false;
  TokenId eos = kEndOfText;
  std::vector<TokenId> stop_token_ids;
  std::uint64_t seed = 0;  ///< of the filler
};

struct GeneratedToken {
  TokenId id = 0;
  std::string_view text;  ///< empty for the end of sequence; lives as long as the Generation
  Finish finish = Finish::none;
  std::optional<TokenId>
      stop_token;  ///< the stop token that ended it; not set for the end of sequence
};

/// Deterministic: equal plans give equal tokens. Keeps a reference to the filler.
class Generation {
 public:
  Generation(GenerationPlan plan, const Filler& filler);
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  /// Not to be called after a token with a finish.
  GeneratedToken next();
  std::int64_t count() const { return count_; }
  const GenerationPlan& plan() const { return plan_; }

 private:
  TextToken filler_token();
  bool script_ended() const;

  GenerationPlan plan_;
  const Filler& filler_;
  Rng rng_;
  std::vector<Piece> script_;
  std::size_t at_ = 0;  ///< next piece of the script
  std::span<const TextToken> line_;
  std::int64_t count_ = 0;
};

}  // namespace abgate::sim
