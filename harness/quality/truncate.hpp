#pragma once
// Where a completion ends. Models run on past the hole; the cut is made here, never by the server,
// so that one raw text can be scored again. The rules are the same for both arms and the rule that
// fired is recorded: a quantised model that forgets to stop is a finding.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/suite.hpp"

namespace abgate::quality {

struct Cut {
  std::string text;                ///< what is scored
  std::vector<std::string> rules;  ///< that changed the text, in order of application
};

/// The rules for one item. A structural rule that would shorten the item's own reference is not
/// used. Rules: "special_token" (from a leaked special token on), "stop" (from the item's earliest
/// stop on), "think" and "fence" (chat: reasoning dropped; the last fenced block that names the
/// entry point, else the first), "dedent" (Python: from the first code at column 0 after the body
/// began), "block_end" (braces: where the block that the reference closes is closed), "suffix_echo"
/// (fim: the text ends in the first >= 8 bytes of the suffix), "line1" (fim, reference of one line:
/// through the first non-blank line).
class Truncator {
 public:
  explicit Truncator(const SuiteItem& item);
  Cut cut(std::string_view raw) const;

 private:
  std::size_t end_of(std::string_view rule, std::string_view text) const;

  const SuiteItem& item_;
  std::vector<std::string_view> structural_;  ///< rules that leave the reference whole
};

/// Offset of the first special token of any known model family; npos if there is none.
std::size_t find_special_token(std::string_view text);

/// Longest k >= 8 such that `text` ends in the first k bytes of `suffix`; 0 if there is none.
std::size_t suffix_overlap(std::string_view text, std::string_view suffix);

}  // namespace abgate::quality
