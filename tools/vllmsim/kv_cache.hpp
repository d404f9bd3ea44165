#pragma once
// KV blocks as vLLM V1 manages them: blocks of 16 tokens, reference counts, a free list in LRU
// order, full blocks found again by a chained hash. Pure. Follows
// vllm/v1/core/{block_pool,kv_cache_manager}.py.

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "vllmsim/tokenizer.hpp"

namespace abgate::sim {

using BlockId = std::uint32_t;
using BlockHash = std::uint64_t;

/// Hashes of the full blocks of `tokens`, each chained with the one before; `salt` starts the
/// chain. Appends to `hashes` what is new since the last call for the same sequence.
void extend_hashes(std::vector<BlockHash>& hashes, std::span<const TokenId> tokens,
                   std::size_t block_size, std::uint64_t salt);

/// The pool. Block 0 is the null block and never handed out. Not thread-safe.
class KvCache {
 public:
  KvCache(std::size_t num_blocks, std::size_t block_size, bool prefix_caching);

  /// Blocks that hold the longest cached prefix of a sequence of `num_tokens` tokens: whole blocks,
  /// and never the last token, which must be computed to give logits. Takes no reference.
  std::vector<BlockId> find_prefix(std::span<const BlockHash> hashes, std::size_t num_tokens) const;

  /// Makes `blocks` cover `num_tokens` tokens, after taking over `cached` (only for a sequence
  /// without blocks). False, with nothing changed, when there are not enough free blocks.
  bool allocate(std::vector<BlockId>& blocks, std::span<const BlockId> cached,
                std::size_t num_tokens);

  /// Gives the full blocks below `num_tokens` their hashes; `committed` counts those that have one.
  void commit(std::span<const BlockId> blocks, std::span<const BlockHash> hashes,
              std::size_t num_tokens, std::size_t& committed);

  /// Gives all blocks back, the last first, so that tails are evicted before heads. Clears
  /// `blocks`.
  void release(std::vector<BlockId>& blocks);

  /// Forgets every hash; false, and nothing happens, while any block is in use (as in vLLM).
  bool reset_prefix_cache();

  std::size_t block_size() const { return block_size_; }
  std::size_t free_blocks() const { return free_; }
  std::size_t usable_blocks() const { return blocks_.size() - 1; }
  /// 0..1: blocks in use by live sequences; cached but free ones do not count.
  double usage() const;

 private:
  struct Block {
    std::uint32_t references = 0;
    BlockId previous = 0, next = 0;  ///< free list; 0 is its head
    BlockHash hash = 0;
    bool hashed = false;
  };

  void push_free(BlockId id);
  void unlink(BlockId id);
  void forget_hash(BlockId id);
  void take(BlockId id);

  std::vector<Block> blocks_;
  std::size_t block_size_;
  bool prefix_caching_;
  std::size_t free_ = 0;
  /// Several blocks may hold the same content: requests that computed it at the same time.
  std::unordered_multimap<BlockHash, BlockId> by_hash_;
};

}  // namespace abgate::sim
