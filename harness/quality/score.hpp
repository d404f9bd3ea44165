#pragma once
// From recorded answers to scores. Pure: the same records give the same scores, in the same order.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/record.hpp"
#include "core/score.hpp"
#include "core/suite.hpp"

namespace abgate::quality {

/// Scores the answers of a suite's items. Records are matched by prompt_id; those of other prompts,
/// of the warm-up, and those that were never attempted (NotSent, Cancelled) are left out; failed
/// requests give answered = false. Order: item, then arm, then repeat. Names: "em_strict", "em_ws",
/// "em_line1", "edit_similarity", "levenshtein_similarity", "fuzz_ratio" (/100), "identifier_em",
/// "identifier_f1", "chrf" (none where the item has no reference), "degenerate_rate" (0 or 1).
/// `threads`: 0 means one per core.
std::vector<ItemScore> score(const Suite& suite, const std::vector<RequestRecord>& records,
                             unsigned threads = 0);

/// Scores of one text against one reference, as above without "degenerate_rate".
std::map<std::string, double> score_text(std::string_view completion, std::string_view reference,
                                         std::string_view language);

}  // namespace abgate::quality
