#pragma once
// Identifier match as in CrossCodeEval: does the completion name the right things?

#include <string>
#include <string_view>
#include <vector>

namespace abgate::quality {

struct IdentifierMatch {
  bool equal = false;  ///< the ordered lists of identifiers are equal
  double f1 = 0;       ///< of the sets; both empty counts as 1 (CrossCodeEval says 0, see below)
};

/// Identifiers in order: string literals removed, then words that begin with a letter or '_' and
/// are no keyword of the language. An unknown language has no keywords.
std::vector<std::string_view> identifiers(std::string_view code, std::string_view language);

/// CrossCodeEval scores two lines without identifiers 0 even if they are identical; here they
/// match.
IdentifierMatch match_identifiers(std::string_view prediction, std::string_view reference,
                                  std::string_view language);

/// Whether `word` is a keyword of `language` (keywords.cpp).
bool is_keyword(std::string_view word, std::string_view language);

}  // namespace abgate::quality
