#pragma once
// chrF (Popović 2015) as sacrebleu computes it for one sentence: character n-grams up to 6, no word
// n-grams, beta 2, white space removed, no epsilon smoothing, effective order.

#include <string_view>

namespace abgate::quality {

/// 0..1; texts are capped at kMaxScoredBytes. Two texts without any character are equal: 1.
double chrf(std::string_view prediction, std::string_view reference);

}  // namespace abgate::quality
