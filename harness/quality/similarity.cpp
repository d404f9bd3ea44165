#include "quality/similarity.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "quality/text.hpp"

namespace abgate::quality {

namespace {

using Word = std::uint64_t;
constexpr std::size_t kBits = 64;

/// For each character of the pattern, one bit per position it stands at, in words of 64.
class PatternMasks {
 public:
  explicit PatternMasks(std::u32string_view pattern)
      : words_((pattern.size() + kBits - 1) / kBits), none_(words_, 0) {
    rows_.reserve(64 * words_);
    index_.fill(-1);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      Word* row = row_for(pattern[i]);
      row[i / kBits] |= Word{1} << (i % kBits);
    }
  }
  std::size_t words() const { return words_; }
  const Word* of(char32_t c) const {
    const std::int32_t row = find(c);
    return row < 0 ? none_.data() : rows_.data() + static_cast<std::size_t>(row) * words_;
  }

 private:
  std::int32_t find(char32_t c) const {
    if (c < index_.size()) return index_[c];
    const auto it = wide_.find(c);
    return it == wide_.end() ? -1 : it->second;
  }
  Word* row_for(char32_t c) {
    std::int32_t row = find(c);
    if (row < 0) {
      row = count_++;
      rows_.resize(static_cast<std::size_t>(count_) * words_, 0);
      if (c < index_.size()) {
        index_[c] = row;
      } else {
        wide_.emplace(c, row);
      }
    }
    return rows_.data() + static_cast<std::size_t>(row) * words_;
  }

  std::size_t words_;
  std::int32_t count_ = 0;
  std::array<std::int32_t, 256> index_{};
  std::unordered_map<char32_t, std::int32_t> wide_;
  std::vector<Word> rows_;
  std::vector<Word> none_;
};

/// Sets a + b + carry, returns the carry out.
Word add_carry(Word a, Word b, Word carry, Word& sum) {
  const Word partial = a + carry;
  sum = partial + b;
  return static_cast<Word>(partial < a) | static_cast<Word>(sum < b);
}

/// Cuts what both begin and end with; both measures are unchanged by it. Returns the characters
/// cut.
std::size_t trim_common(std::u32string_view& a, std::u32string_view& b) {
  const auto front = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  a.remove_prefix(front);
  b.remove_prefix(front);
  const auto back = static_cast<std::size_t>(
      std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first - a.rbegin());
  a.remove_suffix(back);
  b.remove_suffix(back);
  return front + back;
}

}  // namespace

std::size_t lcs_length(std::u32string_view a, std::u32string_view b) {
  const std::size_t common = trim_common(a, b);
  if (a.empty() || b.empty()) return common;
  if (a.size() > b.size()) std::swap(a, b);
  const PatternMasks masks(a);
  std::vector<Word> s(masks.words(), ~Word{0});
  for (const char32_t c : b) {
    const Word* m = masks.of(c);
    Word carry = 0;
    for (std::size_t w = 0; w < s.size(); ++w) {
      const Word u = s[w] & m[w];
      Word sum = 0;
      carry = add_carry(s[w], u, carry, sum);
      s[w] = sum | (s[w] - u);
    }
  }
  // Zero bits mark the matches; positions beyond the pattern stay one.
  std::size_t zeros = 0;
  for (std::size_t w = 0; w < s.size(); ++w) {
    const std::size_t used = std::min(kBits, a.size() - w * kBits);
    const Word inside = used == kBits ? ~Word{0} : (Word{1} << used) - 1;
    zeros += static_cast<std::size_t>(std::popcount(~s[w] & inside));
  }
  return common + zeros;
}

std::size_t levenshtein(std::u32string_view a, std::u32string_view b) {
  trim_common(a, b);
  if (a.size() > b.size()) std::swap(a, b);
  if (a.empty()) return b.size();
  const PatternMasks masks(a);
  struct Column {
    Word up = ~Word{0};  ///< vertical differences of +1
    Word down = 0;       ///< vertical differences of -1
  };
  std::vector<Column> column(masks.words());
  const Word last = Word{1} << ((a.size() - 1) % kBits);
  std::size_t distance = a.size();
  for (const char32_t c : b) {
    const Word* m = masks.of(c);
    Word up_in = 1, down_in = 0;  // the first row of the matrix grows by one per column
    for (std::size_t w = 0; w < column.size(); ++w) {
      const Word vp = column[w].up, vn = column[w].down;
      const Word eq = m[w] | down_in;
      const Word d0 = (((eq & vp) + vp) ^ vp) | eq | vn;
      const Word hp = vn | ~(d0 | vp);
      const Word hn = d0 & vp;
      if (w + 1 == column.size()) {
        distance += static_cast<std::size_t>((hp & last) != 0);
        distance -= static_cast<std::size_t>((hn & last) != 0);
      }
      const Word hp_shifted = (hp << 1U) | up_in;
      const Word hn_shifted = (hn << 1U) | down_in;
      up_in = hp >> (kBits - 1);
      down_in = hn >> (kBits - 1);
      column[w].up = hn_shifted | ~(d0 | hp_shifted);
      column[w].down = hp_shifted & d0;
    }
  }
  return distance;
}

EditSimilarity edit_similarity(std::string_view prediction, std::string_view reference) {
  const std::u32string p = decode_utf8(strip(cap(prediction))).points;
  const std::u32string g = decode_utf8(strip(cap(reference))).points;
  if (p.empty() && g.empty()) return {1, 1, 100};
  if (p.empty() || g.empty()) return {0, 0, 0};
  EditSimilarity out;
  const auto total = static_cast<double>(p.size() + g.size());
  out.indel = 2.0 * static_cast<double>(lcs_length(p, g)) / total;
  out.levenshtein = 1.0 - static_cast<double>(levenshtein(p, g)) /
                              static_cast<double>(std::max(p.size(), g.size()));
  out.fuzzy = static_cast<int>(std::nearbyint(100.0 * out.indel));
  return out;
}

}  // namespace abgate::quality
