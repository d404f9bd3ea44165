#include "quality/chrf.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "quality/text.hpp"

namespace abgate::quality {

namespace {

constexpr std::size_t kOrder = 6;
constexpr double kBetaSquared = 4;

/// White space by Python's str.split(), which sacrebleu removes.
constexpr bool is_unicode_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

std::u32string without_space(std::string_view text) {
  std::u32string points = decode_utf8(cap(text)).points;
  std::erase_if(points, is_unicode_space);
  return points;
}

/// Numbers the n-grams of two texts, order after order: an n-gram is the pair of the number of its
/// first n-1 characters and its last character, so that keys stay 64 bits wide and exact.
class GramTable {
 public:
  explicit GramTable(std::size_t grams)
      : mask_(std::bit_ceil(std::max<std::size_t>(grams, 8) * 2) - 1), slots_(mask_ + 1) {}

  void clear() {
    for (const std::uint32_t used : used_) slots_[used] = {};
    used_.clear();
  }
  /// Counts one n-gram of text 0 or 1 and returns its number.
  std::uint32_t count(std::uint64_t key, std::size_t text) {
    auto at = static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> 20U) & mask_;
    while (slots_[at].taken && slots_[at].key != key) at = (at + 1) & mask_;
    Slot& slot = slots_[at];
    if (!slot.taken) {
      slot.taken = true;
      slot.key = key;
      used_.push_back(static_cast<std::uint32_t>(at));
    }
    ++slot.counts[text];
    return static_cast<std::uint32_t>(at);
  }
  std::size_t matches() const {
    std::size_t sum = 0;
    for (const std::uint32_t used : used_) {
      sum += std::min(slots_[used].counts[0], slots_[used].counts[1]);
    }
    return sum;
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t counts[2] = {0, 0};
    bool taken = false;
  };
  std::size_t mask_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> used_;
};

/// Replaces numbers of (n-1)-grams by those of n-grams; `numbers` holds one per start position.
void count_order(GramTable& table, const std::u32string& text, std::size_t n, std::size_t which,
                 std::vector<std::uint32_t>& numbers) {
  const std::size_t grams = text.size() >= n ? text.size() - n + 1 : 0;
  for (std::size_t i = 0; i < grams; ++i) {
    const std::uint64_t head = n == 1 ? 0 : numbers[i];
    numbers[i] = table.count((head << 32U) | text[i + n - 1], which);
  }
}

}  // namespace

double chrf(std::string_view prediction, std::string_view reference) {
  const std::u32string p = without_space(prediction);
  const std::u32string g = without_space(reference);
  if (p.empty() && g.empty()) return 1;
  GramTable table(p.size() + g.size());
  std::vector<std::uint32_t> p_numbers(p.size()), g_numbers(g.size());
  double precision = 0, recall = 0;
  std::size_t orders = 0;
  for (std::size_t n = 1; n <= kOrder && n <= std::min(p.size(), g.size()); ++n) {
    table.clear();
    count_order(table, p, n, 0, p_numbers);
    count_order(table, g, n, 1, g_numbers);
    const auto matches = static_cast<double>(table.matches());
    precision += matches / static_cast<double>(p.size() - n + 1);
    recall += matches / static_cast<double>(g.size() - n + 1);
    ++orders;
  }
  if (orders == 0 || precision + recall == 0) return 0;
  precision /= static_cast<double>(orders);
  recall /= static_cast<double>(orders);
  return (1 + kBetaSquared) * precision * recall / (kBetaSquared * precision + recall);
}

}  // namespace abgate::quality
