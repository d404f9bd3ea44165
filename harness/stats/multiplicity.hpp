#pragma once
// Adjusted p values. A GO needs none (every criterion must hold: intersection–union); claims of
// harm in any of several groups do.

#include <span>
#include <vector>

namespace abgate::stats {

/// Holm (1979) step-down: controls the family-wise error under any dependence. Same order as the
/// input; a NaN stays NaN and counts as a member of the family.
std::vector<double> holm(std::span<const double> p);
/// min(1, m p).
std::vector<double> bonferroni(std::span<const double> p);
/// Benjamini–Hochberg (1995) step-up: false discovery rate, for display.
std::vector<double> benjamini_hochberg(std::span<const double> p);
/// p of the intersection–union test: the largest. NaN if any is NaN or there is none.
double intersection_union(std::span<const double> p);

}  // namespace abgate::stats
