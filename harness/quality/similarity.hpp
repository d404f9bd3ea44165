#pragma once
// Edit similarities over Unicode code points, bit-parallel: O(|a|·|b|/64).

#include <cstddef>
#include <string_view>

namespace abgate::quality {

/// Length of the longest common subsequence (Hyyrö 2004, "Bit-parallel LCS-length computation
/// revisited").
std::size_t lcs_length(std::u32string_view a, std::u32string_view b);
/// Levenshtein distance, unit costs (Myers 1999 in Hyyrö's block form, 2003).
std::size_t levenshtein(std::u32string_view a, std::u32string_view b);

/// The three published forms of "edit similarity" of one pair, from one decoding. Both texts are
/// stripped of ASCII white space and capped at kMaxScoredBytes; two empty texts are equal (1, 1,
/// 100).
struct EditSimilarity {
  double indel = 0;        ///< 2·LCS/(|p|+|g|), 0..1: the one that is judged (rapidfuzz `Indel`)
  double levenshtein = 0;  ///< 1 - Levenshtein/max(|p|,|g|), 0..1 (RepoEval, Qwen2.5-Coder)
  int fuzzy = 0;  ///< fuzzywuzzy's ratio on python-Levenshtein: round(100·indel), half to even;
                  ///< 0 if one text is empty (CrossCodeEval)
};
EditSimilarity edit_similarity(std::string_view prediction, std::string_view reference);

}  // namespace abgate::quality
