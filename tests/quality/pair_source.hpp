#pragma once
// The pairs of texts that oracles/make_scorer_oracles.py scored: the same random numbers, the same
// texts.

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/rng.hpp"

class PairSource {
 public:
  static std::pair<std::string, std::string> pair(std::uint64_t index) {
    abgate::Rng rng(index);
    std::uint64_t size = index % 40 == 0 ? rng.below(1500) : rng.below(200);
    if (index % 10 == 0) size = rng.below(5);
    const std::u32string a = text(rng, size);
    if (rng.below(3) == 0) return {utf8(a), utf8(text(rng, rng.below(200)))};
    return {utf8(a), utf8(mutated(rng, a))};
  }

  static std::string utf8(const std::u32string& points) {
    std::string out;
    for (const char32_t c : points) {
      if (c < 0x80) {
        out += static_cast<char>(c);
      } else if (c < 0x800) {
        put(out, 0xC0U | (c >> 6U), c, 1);
      } else if (c < 0x10000) {
        put(out, 0xE0U | (c >> 12U), c, 2);
      } else {
        put(out, 0xF0U | (c >> 18U), c, 3);
      }
    }
    return out;
  }

 private:
  static void put(std::string& out, char32_t lead, char32_t c, int more) {
    out += static_cast<char>(lead);
    for (int shift = 6 * (more - 1); shift >= 0; shift -= 6) {
      out += static_cast<char>(0x80U | ((c >> static_cast<unsigned>(shift)) & 0x3FU));
    }
  }

  static const std::vector<std::u32string>& alphabets() {
    static const std::vector<std::u32string> all = [] {
      std::u32string printable;
      for (char32_t c = 32; c < 127; ++c) printable += c;
      return std::vector<std::u32string>{
          U"a",           U"ab",
          U"acgt ",       U"abcdefghijklmnopqrstuvwxyz  \n",
          printable,      U"aéß漢字かな\u00a0\u2003\u0301🙂𝒳\u3000\ufb01\u200d",
          U" \t\n\r\v\f", std::u32string(U"x\u1680\u2028\u205f\x1c") + char32_t{0x85} + U"y"};
    }();
    return all;
  }
  static const std::array<std::u32string, 35>& words() {
    static const std::array<std::u32string, 35> all{
        U"for",    U"i",      U"in",  U"range", U"(",  U")",  U":",  U"\n",   U"    ",
        U"return", U"x",      U"y_1", U"self",  U".",  U"=",  U"==", U"'s'",  U"\"t u\"",
        U"if",     U"None",   U"foo", U"bar2",  U"[",  U"]",  U"+",  U"1",    U"0.5",
        U"#",      U"lambda", U",",   U" ",     U"\t", U"\\", U"'",  U"Ωmega"};
    return all;
  }
  static std::u32string text(abgate::Rng& rng, std::uint64_t size) {
    const std::uint64_t kind = rng.below(alphabets().size() + 2);
    std::u32string out;
    if (kind < alphabets().size()) {
      const std::u32string& alphabet = alphabets()[kind];
      for (std::uint64_t i = 0; i < size; ++i) out += alphabet[rng.below(alphabet.size())];
    } else {
      for (std::uint64_t i = 0; i < size / 3; ++i) out += words()[rng.below(words().size())];
    }
    return out;
  }
  static std::u32string mutated(abgate::Rng& rng, std::u32string out) {
    const std::uint64_t edits = rng.below(20);
    for (std::uint64_t e = 0; e < edits; ++e) {
      const std::uint64_t at = rng.below(out.size() + 1);
      const std::uint64_t what = rng.below(3);
      const auto c = static_cast<char32_t>(97 + rng.below(26));
      if (what == 0) {
        out.insert(out.begin() + static_cast<std::ptrdiff_t>(at), c);
      } else if (at < out.size()) {
        if (what == 1) {
          out.erase(at, 1);
        } else {
          out[at] = c;
        }
      }
    }
    return out;
  }
};
