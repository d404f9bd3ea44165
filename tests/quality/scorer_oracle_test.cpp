// Scorers against rapidfuzz and sacrebleu on 12,000 random and adversarial pairs (oracles/).

#include <zlib.h>

#include <cmath>
#include <cstdio>

#include "catch.hpp"
#include "live_oracle.hpp"
#include "pair_source.hpp"
#include "quality/chrf.hpp"
#include "quality/identifiers.hpp"
#include "quality/similarity.hpp"
#include "quality/text.hpp"
#include "source_dir.hpp"

using namespace abgate::quality;

namespace {

struct Oracle {
  unsigned crc = 0;
  std::size_t lcs = 0, distance = 0;
  double chrf = 0;
  int f1_numerator = 0, f1_denominator = 0;
};

std::vector<Oracle> parsed(const std::vector<std::string>& rows) {
  std::vector<Oracle> out;
  for (const std::string& line : rows) {
    Oracle o;
    const int fields = std::sscanf(line.c_str(), "%x,%zu,%zu,%lf,%d,%d", &o.crc, &o.lcs,
                                   &o.distance, &o.chrf, &o.f1_numerator, &o.f1_denominator);
    REQUIRE(fields == 6);
    out.push_back(o);
  }
  return out;
}

unsigned crc_of(const std::string& text) {
  return static_cast<unsigned>(
      crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<unsigned>(text.size())));
}

bool agrees(std::uint64_t index, const Oracle& o) {
  const auto [p, g] = PairSource::pair(index);
  if (crc_of(p + std::string(1, '\0') + g) != o.crc) return false;
  const std::u32string a = decode_utf8(strip(p)).points, b = decode_utf8(strip(g)).points;
  const EditSimilarity edit = edit_similarity(p, g);
  const double total = static_cast<double>(a.size() + b.size());
  const double indel = total == 0 ? 1 : 2.0 * static_cast<double>(o.lcs) / total;
  const double longest = static_cast<double>(std::max(a.size(), b.size()));
  const double normal = longest == 0 ? 1 : 1 - static_cast<double>(o.distance) / longest;
  const int fuzzy = static_cast<int>(std::nearbyint(100 * indel));  // 0 if one text is empty
  const double f1 =
      o.f1_denominator == 0 ? 1 : static_cast<double>(o.f1_numerator) / o.f1_denominator;
  // sacrebleu gives two texts without characters 0; here they are equal.
  const double chrf_value = 100 * chrf(p, g);
  const bool chrf_agrees =
      std::abs(chrf_value - o.chrf) < 1e-7 || (o.chrf == 0 && chrf_value == 100);
  return lcs_length(a, b) == o.lcs && levenshtein(a, b) == o.distance &&
         std::abs(edit.indel - indel) < 1e-12 && std::abs(edit.levenshtein - normal) < 1e-12 &&
         edit.fuzzy == fuzzy && chrf_agrees &&
         std::abs(match_identifiers(p, g, "python").f1 - f1) < 1e-12;
}

}  // namespace

TEST_CASE("Similarities, chrF and identifier F1 agree with the reference packages on every pair",
          "[quality]") {
  const std::vector<Oracle> oracles =
      parsed(oracle::lines_of_gz(source_dir() + "/tests/quality/oracles/scorers.csv.gz"));
  REQUIRE(oracles.size() >= 10000);
  std::vector<std::size_t> wrong;
  for (std::size_t i = 0; i < oracles.size(); ++i) {
    if (!agrees(i, oracles[i])) wrong.push_back(i);
  }
  CAPTURE(wrong);
  REQUIRE(wrong.empty());
}

TEST_CASE("The same with the installed packages, on pairs that no file holds", "[quality][live]") {
  constexpr int kPairs = 10000;
  const auto rows = oracle::live("make_scorer_oracles.py", kPairs);
  if (!rows) return;
  const std::vector<Oracle> oracles = parsed(*rows);
  REQUIRE(oracles.size() == kPairs);
  const std::uint64_t first = std::stoull(oracle::seed());
  std::vector<std::uint64_t> wrong;
  for (std::size_t i = 0; i < oracles.size(); ++i) {
    if (!agrees(first + i, oracles[i])) wrong.push_back(first + i);
  }
  CAPTURE(wrong);
  REQUIRE(wrong.empty());
}
