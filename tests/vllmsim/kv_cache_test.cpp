#include "vllmsim/kv_cache.hpp"

#include <numeric>

#include "catch.hpp"
#include "core/rng.hpp"

using namespace abgate::sim;

namespace {

std::vector<TokenId> counting(std::size_t n, TokenId from = 0) {
  std::vector<TokenId> tokens(n);
  std::iota(tokens.begin(), tokens.end(), from);
  return tokens;
}

std::vector<BlockHash> hashes_of(const std::vector<TokenId>& tokens, std::uint64_t salt = 0) {
  std::vector<BlockHash> hashes;
  extend_hashes(hashes, tokens, 16, salt);
  return hashes;
}

/// Computes `tokens` from nothing, leaves them in the cache and gives the blocks back.
std::vector<BlockId> fill(KvCache& cache, const std::vector<TokenId>& tokens) {
  std::vector<BlockId> blocks;
  const auto hashes = hashes_of(tokens);
  const auto cached = cache.find_prefix(hashes, tokens.size());
  REQUIRE(cache.allocate(blocks, cached, tokens.size()));
  std::size_t committed = 0;
  cache.commit(blocks, hashes, tokens.size(), committed);
  const std::vector<BlockId> used = blocks;
  cache.release(blocks);
  return used;
}

}  // namespace

TEST_CASE("hashes cover full blocks only and chain") {
  REQUIRE(hashes_of(counting(15)).empty());
  REQUIRE(hashes_of(counting(47)).size() == 2);
  auto other = counting(32);
  other[0] = 99;
  REQUIRE(hashes_of(counting(32))[1] != hashes_of(other)[1]);
  REQUIRE(hashes_of(counting(32), 1)[1] != hashes_of(counting(32), 2)[1]);
}

TEST_CASE("hashes extended token by token equal those of the whole") {
  std::vector<BlockHash> grown;
  for (std::size_t n = 0; n <= 100; ++n) extend_hashes(grown, counting(n), 16, 5);
  REQUIRE(grown == hashes_of(counting(100), 5));
}

TEST_CASE("the null block is never handed out") {
  KvCache cache(11, 16, true);
  REQUIRE(cache.usable_blocks() == 10);
  std::vector<BlockId> blocks;
  REQUIRE(cache.allocate(blocks, {}, 160));
  REQUIRE(cache.free_blocks() == 0);
  REQUIRE(cache.usage() == Approx(1.0));
  for (const BlockId id : blocks) REQUIRE(id != 0);
}

TEST_CASE("an allocation that does not fit changes nothing") {
  KvCache cache(5, 16, true);
  std::vector<BlockId> blocks;
  REQUIRE_FALSE(cache.allocate(blocks, {}, 65));
  REQUIRE(blocks.empty());
  REQUIRE(cache.free_blocks() == 4);
  REQUIRE(cache.allocate(blocks, {}, 64));
}

TEST_CASE("at most floor((N-1)/16)*16 tokens can hit") {
  KvCache cache(100, 16, true);
  fill(cache, counting(160));
  for (const std::size_t n : {1UL, 16UL, 17UL, 32UL, 33UL, 100UL, 160UL}) {
    REQUIRE(cache.find_prefix(hashes_of(counting(n)), n).size() * 16 == (n - 1) / 16 * 16);
  }
}

TEST_CASE("a prefix that differs early hits nothing, one that differs late hits what is before") {
  KvCache cache(100, 16, true);
  fill(cache, counting(160));
  auto early = counting(160);
  early[3] = 77;
  auto late = counting(160);
  late[100] = 77;
  REQUIRE(cache.find_prefix(hashes_of(early), 160).empty());
  REQUIRE(cache.find_prefix(hashes_of(late), 160).size() == 6);
}

TEST_CASE("another salt hits nothing") {
  KvCache cache(100, 16, true);
  fill(cache, counting(64));
  REQUIRE(cache.find_prefix(hashes_of(counting(64), 9), 64).empty());
}

TEST_CASE("without prefix caching nothing ever hits") {
  KvCache cache(100, 16, false);
  fill(cache, counting(64));
  REQUIRE(cache.find_prefix(hashes_of(counting(64)), 64).empty());
}

TEST_CASE("cached blocks that nobody uses do not count as usage") {
  KvCache cache(101, 16, true);
  fill(cache, counting(160));
  REQUIRE(cache.usage() == Approx(0.0));
  std::vector<BlockId> blocks;
  const auto cached = cache.find_prefix(hashes_of(counting(160)), 160);
  REQUIRE(cache.allocate(blocks, cached, 160));
  REQUIRE(cache.usage() == Approx(0.10));
}

TEST_CASE("the tail of a sequence is evicted before its head") {
  KvCache cache(11, 16, true);
  fill(cache, counting(160));
  std::vector<BlockId> others;
  REQUIRE(cache.allocate(others, {}, 48));  // evicts three blocks
  REQUIRE(cache.find_prefix(hashes_of(counting(161)), 161).size() == 7);
}

TEST_CASE("the least recently used sequence is evicted first") {
  KvCache cache(5, 16, true);
  fill(cache, counting(32, 0));
  fill(cache, counting(32, 1000));
  fill(cache, counting(32, 0));  // used again: its head was touched last
  std::vector<BlockId> others;
  REQUIRE(cache.allocate(others, {}, 16));
  REQUIRE(cache.find_prefix(hashes_of(counting(33, 0)), 33).size() >= 1);
  REQUIRE(cache.find_prefix(hashes_of(counting(33, 1000)), 33).size() < 2);
}

TEST_CASE("shared blocks stay until the last user is gone") {
  KvCache cache(11, 16, true);
  fill(cache, counting(33));
  std::vector<BlockId> a, b;
  REQUIRE(cache.allocate(a, cache.find_prefix(hashes_of(counting(33)), 33), 33));
  REQUIRE(cache.allocate(b, cache.find_prefix(hashes_of(counting(33)), 33), 33));
  REQUIRE(a[0] == b[0]);
  REQUIRE(a[2] != b[2]);
  REQUIRE(cache.free_blocks() == 6);
  cache.release(a);
  REQUIRE(cache.free_blocks() == 7);
  cache.release(b);
  REQUIRE(cache.free_blocks() == 10);
}

TEST_CASE("a reset forgets everything, but only when no block is in use") {
  KvCache cache(11, 16, true);
  fill(cache, counting(64));
  std::vector<BlockId> blocks;
  REQUIRE(cache.allocate(blocks, {}, 16));
  REQUIRE_FALSE(cache.reset_prefix_cache());
  REQUIRE(cache.find_prefix(hashes_of(counting(64)), 64).size() == 3);
  cache.release(blocks);
  REQUIRE(cache.reset_prefix_cache());
  REQUIRE(cache.find_prefix(hashes_of(counting(64)), 64).empty());
}

TEST_CASE("no block is ever lost or in two places, whatever the order of operations") {
  abgate::Rng rng(11);
  KvCache cache(41, 16, true);
  std::vector<std::vector<BlockId>> live;
  for (int round = 0; round < 5000; ++round) {
    if (live.empty() || rng.below(3) > 0) {
      const auto tokens = counting(1 + rng.below(120), static_cast<TokenId>(rng.below(4) * 1000));
      const auto hashes = hashes_of(tokens);
      std::vector<BlockId> blocks;
      if (cache.allocate(blocks, cache.find_prefix(hashes, tokens.size()), tokens.size())) {
        std::size_t committed = 0;
        cache.commit(blocks, hashes, tokens.size(), committed);
        live.push_back(blocks);
      }
    } else {
      const auto which = static_cast<std::ptrdiff_t>(rng.below(live.size()));
      cache.release(live[static_cast<std::size_t>(which)]);
      live.erase(live.begin() + which);
    }
    std::vector<bool> used(41);
    for (const auto& blocks : live) {
      for (const BlockId id : blocks) used[id] = true;
    }
    const auto in_use = static_cast<std::size_t>(std::count(used.begin(), used.end(), true));
    REQUIRE(cache.free_blocks() + in_use == 40);
  }
}
