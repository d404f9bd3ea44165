#pragma once
// A tokeniser that every instance shares: not Qwen's, but with its special tokens, its habits
// (words with their leading space, single digits, runs of indentation) and its mean of 3 to 4 bytes
// a token.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace abgate::sim {

using TokenId = std::int32_t;

inline constexpr TokenId kEndOfText = 151643;
inline constexpr TokenId kImStart = 151644;
inline constexpr TokenId kImEnd = 151645;
inline constexpr TokenId kFirstSpecial = kEndOfText;
/// Ids of ordinary pieces are below this.
inline constexpr TokenId kOrdinaryTokens = 151643;

/// One token of a text: its id and where its bytes lie.
struct Piece {
  TokenId id = 0;
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
};

/// Cuts a text into tokens. Pure: equal texts give equal ids everywhere. The pieces cover the text
/// without gap. A code point of four bytes becomes two tokens, so that a token may end inside one.
std::vector<Piece> tokenize(std::string_view text);

/// The text of a special token ("<|fim_prefix|>"), empty for other ids.
std::string_view special_text(TokenId id);

/// Id of an ordinary piece: single bytes map to 0..255, others to a hash below kOrdinaryTokens.
TokenId piece_id(std::string_view piece);

/// Remembers the texts of ids that passed by, for /detokenize. Holds at most one text an id.
class Vocabulary {
 public:
  Vocabulary();
  void learn(std::string_view text, const std::vector<Piece>& pieces);
  /// The id's text; "\xEF\xBF\xBD" (replacement character) for ids never seen.
  std::string_view text(TokenId id) const;

 private:
  std::unordered_map<TokenId, std::string> texts_;
};

}  // namespace abgate::sim
