#include "vllmsim/tokenizer.hpp"

#include <array>
#include <utility>

#include "core/rng.hpp"

namespace abgate::sim {

namespace {

using Special = std::pair<std::string_view, TokenId>;
constexpr std::array kSpecials{
    Special{"<|endoftext|>", kEndOfText}, Special{"<|im_start|>", kImStart},
    Special{"<|im_end|>", kImEnd},        Special{"<|fim_prefix|>", 151659},
    Special{"<|fim_middle|>", 151660},    Special{"<|fim_suffix|>", 151661},
    Special{"<|fim_pad|>", 151662},       Special{"<|repo_name|>", 151663},
    Special{"<|file_sep|>", 151664}};

constexpr std::size_t kLongestWord = 7;  // bytes of one piece, leading space apart
constexpr std::size_t kLongestPunctuation = 3;
constexpr std::size_t kLongestSpaces = 16;

unsigned char byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}
bool is_letter(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}
bool is_space(unsigned char c) {
  return c == ' ' || c == '\t';
}
bool is_newline(unsigned char c) {
  return c == '\n' || c == '\r';
}
bool is_punctuation(unsigned char c) {
  return c > ' ' && c < 0x7F && !is_letter(c) && !is_digit(c);
}

template <typename Predicate>
std::size_t run(std::string_view text, std::size_t from, std::size_t most, Predicate wanted) {
  std::size_t n = 0;
  while (n < most && from + n < text.size() && wanted(byte_at(text, from + n))) ++n;
  return n;
}

const Special* special_at(std::string_view text, std::size_t at) {
  if (byte_at(text, at) != '<' || byte_at(text, at + 1) != '|') return nullptr;
  for (const Special& special : kSpecials) {
    if (text.substr(at, special.first.size()) == special.first) return &special;
  }
  return nullptr;
}

/// Bytes of the piece that starts with a byte >= 0x80: a code point, or half of one of four bytes.
std::size_t non_ascii_size(std::string_view text, std::size_t at) {
  const unsigned char lead = byte_at(text, at);
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  const std::size_t follow =
      run(text, at + 1, size - 1, [](unsigned char c) { return (c & 0xC0U) == 0x80U; });
  if (size == 4 && follow == 3) return 2;
  if (size == 1)
    return 1 + run(text, at + 1, 1, [](unsigned char c) { return (c & 0xC0U) == 0x80U; });
  return 1 + follow;
}

std::size_t ordinary_size(std::string_view text, std::size_t at) {
  const unsigned char c = byte_at(text, at);
  const bool led =
      c == ' ' && (is_letter(byte_at(text, at + 1)) || is_punctuation(byte_at(text, at + 1)));
  const std::size_t from = at + (led ? 1 : 0);
  const unsigned char first = byte_at(text, from);
  if (is_letter(first)) return from - at + run(text, from, kLongestWord, is_letter);
  if (is_punctuation(first)) {
    std::size_t n = run(text, from, kLongestPunctuation, is_punctuation);
    for (std::size_t i = 1; i < n; ++i) {
      if (special_at(text, from + i) != nullptr) n = i;
    }
    return from - at + n;
  }
  if (is_newline(c)) return run(text, at, 2, is_newline);
  if (is_space(c)) {
    const std::size_t n = run(text, at, kLongestSpaces, is_space);
    const unsigned char next = byte_at(text, at + n);
    const bool keep_last =
        n > 1 && text[at + n - 1] == ' ' && (is_letter(next) || is_punctuation(next));
    return keep_last ? n - 1 : n;  // the word after an indentation takes one space with it
  }
  return c >= 0x80 ? non_ascii_size(text, at) : 1;
}

}  // namespace

TokenId piece_id(std::string_view piece) {
  if (piece.size() == 1) return static_cast<unsigned char>(piece[0]);
  const std::uint64_t range = static_cast<std::uint64_t>(kOrdinaryTokens) - 256;
  return static_cast<TokenId>(256 + Rng(fnv1a(piece)).next() % range);
}

std::vector<Piece> tokenize(std::string_view text) {
  std::vector<Piece> pieces;
  pieces.reserve(text.size() / 3 + 1);
  for (std::size_t at = 0; at < text.size();) {
    const Special* special = special_at(text, at);
    const std::size_t size = special ? special->first.size() : ordinary_size(text, at);
    const TokenId id = special ? special->second : piece_id(text.substr(at, size));
    pieces.push_back({id, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size)});
    at += size;
  }
  return pieces;
}

std::string_view special_text(TokenId id) {
  for (const Special& special : kSpecials) {
    if (special.second == id) return special.first;
  }
  return {};
}

Vocabulary::Vocabulary() {
  for (const auto& [text, id] : kSpecials) texts_.emplace(id, text);
  for (int byte = 0; byte < 128; ++byte)
    texts_.emplace(byte, std::string(1, static_cast<char>(byte)));
}

void Vocabulary::learn(std::string_view text, const std::vector<Piece>& pieces) {
  for (const Piece& piece : pieces) {
    texts_.try_emplace(piece.id, text.substr(piece.begin, piece.size));
  }
}

std::string_view Vocabulary::text(TokenId id) const {
  const auto found = texts_.find(id);
  return found == texts_.end() ? std::string_view("\xEF\xBF\xBD") : std::string_view(found->second);
}

}  // namespace abgate::sim
