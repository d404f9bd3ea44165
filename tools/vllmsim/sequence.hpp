#pragma once
// One request as the engine sees it.

#include <cstdint>
#include <optional>
#include <vector>

#include "core/time.hpp"
#include "vllmsim/kv_cache.hpp"
#include "vllmsim/tokenizer.hpp"

namespace abgate::sim {

class Generation;

enum class SequenceState { waiting, running, gone };

struct Sequence {
  std::vector<TokenId> tokens;  ///< the prompt, then what was generated
  std::size_t prompt_tokens = 0;
  std::uint64_t cache_salt = 0;      ///< starts the hash chain
  bool read_prefix_cache = true;     ///< false for prompt_logprobs: every token must be computed
  Generation* generation = nullptr;  ///< where its tokens come from; outlives the sequence

  // Owned by the scheduler.
  SequenceState state = SequenceState::gone;
  std::size_t computed = 0;  ///< tokens whose keys and values are in the cache
  std::vector<BlockId> blocks;
  std::vector<BlockHash> hashes;
  std::size_t committed = 0;                 ///< blocks with a hash
  std::optional<std::size_t> cached_tokens;  ///< prefix hit when it was first scheduled
  std::uint32_t preemptions = 0;

  // Owned by the engine. Times on its clock.
  std::size_t generated = 0;
  TimePoint queued{};
  std::optional<TimePoint> scheduled;
  TimePoint first_token{};
  TimePoint last_token{};
};

}  // namespace abgate::sim
