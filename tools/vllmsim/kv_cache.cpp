#include "vllmsim/kv_cache.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace abgate::sim {

void extend_hashes(std::vector<BlockHash>& hashes, std::span<const TokenId> tokens,
                   std::size_t block_size, std::uint64_t salt) {
  for (std::size_t i = hashes.size(); (i + 1) * block_size <= tokens.size(); ++i) {
    BlockHash hash = derive_seed(i == 0 ? salt : hashes.back(), std::uint64_t{i == 0});
    for (const TokenId id : tokens.subspan(i * block_size, block_size)) {
      hash = Rng(hash ^ static_cast<std::uint64_t>(id)).next();
    }
    hashes.push_back(hash);
  }
}

KvCache::KvCache(std::size_t num_blocks, std::size_t block_size, bool prefix_caching)
    : blocks_(std::max<std::size_t>(num_blocks, 1)),
      block_size_(block_size),
      prefix_caching_(prefix_caching) {
  for (std::size_t id = 1; id < blocks_.size(); ++id) push_free(static_cast<BlockId>(id));
}

void KvCache::push_free(BlockId id) {
  const BlockId last = blocks_[0].previous;
  blocks_[id].previous = last;
  blocks_[id].next = 0;
  blocks_[last].next = id;
  blocks_[0].previous = id;
  ++free_;
}

void KvCache::unlink(BlockId id) {
  const Block& block = blocks_[id];
  blocks_[block.previous].next = block.next;
  blocks_[block.next].previous = block.previous;
  --free_;
}

void KvCache::forget_hash(BlockId id) {
  if (!blocks_[id].hashed) return;
  const auto [first, last] = by_hash_.equal_range(blocks_[id].hash);
  const auto found =
      std::find_if(first, last, [&](const auto& entry) { return entry.second == id; });
  ABGATE_ASSERT(found != last);
  by_hash_.erase(found);
  blocks_[id].hashed = false;
}

void KvCache::take(BlockId id) {
  if (blocks_[id].references++ == 0) unlink(id);
}

std::vector<BlockId> KvCache::find_prefix(std::span<const BlockHash> hashes,
                                          std::size_t num_tokens) const {
  std::vector<BlockId> found;
  if (!prefix_caching_ || num_tokens == 0) return found;
  const std::size_t most = std::min(hashes.size(), (num_tokens - 1) / block_size_);
  for (std::size_t i = 0; i < most; ++i) {
    const auto entry = by_hash_.find(hashes[i]);
    if (entry == by_hash_.end()) break;
    found.push_back(entry->second);
  }
  return found;
}

bool KvCache::allocate(std::vector<BlockId>& blocks, std::span<const BlockId> cached,
                       std::size_t num_tokens) {
  ABGATE_ASSERT(cached.empty() || blocks.empty());
  const std::size_t wanted = (num_tokens + block_size_ - 1) / block_size_;
  const std::size_t have = blocks.size() + cached.size();
  const std::size_t fresh = wanted > have ? wanted - have : 0;
  const auto evictable = static_cast<std::size_t>(std::count_if(
      cached.begin(), cached.end(), [&](BlockId id) { return blocks_[id].references == 0; }));
  if (fresh + evictable > free_) return false;
  for (const BlockId id : cached) {
    take(id);
    blocks.push_back(id);
  }
  for (std::size_t i = 0; i < fresh; ++i) {
    const BlockId id = blocks_[0].next;
    forget_hash(id);
    take(id);
    blocks.push_back(id);
  }
  return true;
}

void KvCache::commit(std::span<const BlockId> blocks, std::span<const BlockHash> hashes,
                     std::size_t num_tokens, std::size_t& committed) {
  if (!prefix_caching_) return;
  const std::size_t full = std::min({num_tokens / block_size_, hashes.size(), blocks.size()});
  for (; committed < full; ++committed) {
    Block& block = blocks_[blocks[committed]];
    if (block.hashed) continue;  // a cached block that this sequence took over
    block.hash = hashes[committed];
    block.hashed = true;
    by_hash_.emplace(block.hash, blocks[committed]);
  }
}

void KvCache::release(std::vector<BlockId>& blocks) {
  while (!blocks.empty()) {
    const BlockId id = blocks.back();
    blocks.pop_back();
    ABGATE_ASSERT(blocks_[id].references > 0);
    if (--blocks_[id].references == 0) push_free(id);
  }
}

bool KvCache::reset_prefix_cache() {
  if (free_ != usable_blocks()) return false;
  for (Block& block : blocks_) block.hashed = false;
  by_hash_.clear();
  return true;
}

double KvCache::usage() const {
  if (usable_blocks() == 0) return 0;
  return 1.0 - static_cast<double>(free_) / static_cast<double>(usable_blocks());
}

}  // namespace abgate::sim
