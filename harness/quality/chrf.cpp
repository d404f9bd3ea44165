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

/// The n-grams of one order of the prediction, counted and numbered. An n-gram is the pair of the
/// number of its first n-1 characters and its last character, so keys are exact and a slot is one
/// word: key (40 bits) and what is left of its count (24 bits). Zero is a free slot.
class GramTable {
 public:
  static constexpr std::uint32_t kAbsent = ~std::uint32_t{0};

  explicit GramTable(std::size_t grams)
      : slots_(std::bit_ceil(std::max<std::size_t>(grams, 8) * 2)), mask_(slots_.size() - 1) {}

  void clear() { std::fill(slots_.begin(), slots_.end(), 0); }
  /// Counts an n-gram and returns its number.
  std::uint32_t add(std::uint32_t head, char32_t last) {
    const std::uint64_t key = key_of(head, last);
    const std::size_t at = find(key);
    if (slots_[at] == 0) slots_[at] = key << kCountBits;
    ++slots_[at];
    return static_cast<std::uint32_t>(at);
  }
  /// Number of an n-gram of the reference, kAbsent if the prediction has none; `matched` tells
  /// whether one was left to pair it with.
  std::uint32_t take(std::uint32_t head, char32_t last, bool& matched) {
    const std::size_t at = find(key_of(head, last));
    if (slots_[at] == 0) return kAbsent;
    matched = (slots_[at] & kCountMask) > 0;
    if (matched) --slots_[at];
    return static_cast<std::uint32_t>(at);
  }

 private:
  static constexpr unsigned kCountBits = 24, kPointBits = 21;
  static constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kCountBits) - 1;

  static std::uint64_t key_of(std::uint32_t head, char32_t last) {
    return (std::uint64_t{head} << kPointBits) | (last + 1);  // never zero
  }
  std::size_t find(std::uint64_t key) const {
    auto at = static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> 32U) & mask_;
    while (slots_[at] != 0 && slots_[at] >> kCountBits != key) at = (at + 1) & mask_;
    return at;
  }

  std::vector<std::uint64_t> slots_;
  std::size_t mask_;
};

/// One text on its way through the orders: the number of the (n-1)-gram at each position.
struct Numbered {
  explicit Numbered(std::string_view text)
      : points(without_space(text)), numbers(points.size(), 0) {}
  std::size_t grams(std::size_t n) const { return points.size() - n + 1; }

  std::u32string points;
  std::vector<std::uint32_t> numbers;
};

/// N-grams of order n that the texts share; needs the numbers of order n-1 and leaves those of
/// order n.
std::size_t count_matches(GramTable& table, Numbered& p, Numbered& g, std::size_t n) {
  table.clear();
  for (std::size_t i = 0; i < p.grams(n); ++i) {
    p.numbers[i] = table.add(p.numbers[i], p.points[i + n - 1]);
  }
  std::size_t matches = 0;
  for (std::size_t i = 0; i < g.grams(n); ++i) {
    if (g.numbers[i] == GramTable::kAbsent) continue;
    bool matched = false;
    g.numbers[i] = table.take(g.numbers[i], g.points[i + n - 1], matched);
    matches += static_cast<std::size_t>(matched);
  }
  return matches;
}

}  // namespace

double chrf(std::string_view prediction, std::string_view reference) {
  Numbered p(prediction), g(reference);
  if (p.points.empty() && g.points.empty()) return 1;
  GramTable table(p.points.size());
  double precision = 0, recall = 0;
  const std::size_t orders = std::min({kOrder, p.points.size(), g.points.size()});
  for (std::size_t n = 1; n <= orders; ++n) {
    const auto matches = static_cast<double>(count_matches(table, p, g, n));
    precision += matches / static_cast<double>(p.grams(n));
    recall += matches / static_cast<double>(g.grams(n));
  }
  if (precision + recall == 0) return 0;
  precision /= static_cast<double>(orders);
  recall /= static_cast<double>(orders);
  return (1 + kBetaSquared) * precision * recall / (kBetaSquared * precision + recall);
}

}  // namespace abgate::quality
