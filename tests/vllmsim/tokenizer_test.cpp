#include "vllmsim/tokenizer.hpp"

#include <string>

#include "catch.hpp"
#include "core/rng.hpp"

using namespace abgate::sim;

namespace {

std::vector<TokenId> ids_of(std::string_view text) {
  std::vector<TokenId> ids;
  for (const Piece& piece : tokenize(text)) ids.push_back(piece.id);
  return ids;
}

std::vector<std::string> texts_of(std::string_view text) {
  std::vector<std::string> texts;
  for (const Piece& piece : tokenize(text))
    texts.emplace_back(text.substr(piece.begin, piece.size));
  return texts;
}

}  // namespace

TEST_CASE("special tokens of Qwen2.5-Coder are one id each") {
  REQUIRE(
      ids_of("<|fim_prefix|><|fim_suffix|><|fim_middle|><|endoftext|><|im_start|><|im_end|>"
             "<|fim_pad|><|repo_name|><|file_sep|>") ==
      std::vector<TokenId>{151659, 151661, 151660, 151643, 151644, 151645, 151662, 151663, 151664});
}

TEST_CASE("a special token is found behind punctuation and inside words") {
  REQUIRE(ids_of("x)<|fim_suffix|>y")[2] == 151661);
  REQUIRE(ids_of("abc<|fim_middle|>")[1] == 151660);
  REQUIRE(ids_of("<<|fim_middle|>").back() == 151660);
}

TEST_CASE("words keep their leading space and digits stand alone") {
  REQUIRE(texts_of("return x + 12") ==
          std::vector<std::string>{"return", " x", " +", " ", "1", "2"});
  REQUIRE(texts_of("\n    if a:\n") ==
          std::vector<std::string>{"\n", "   ", " if", " a", ":", "\n"});
}

TEST_CASE("pieces cover any bytes without gap, broken UTF-8 and NUL included") {
  abgate::Rng rng(7);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const std::uint64_t size = rng.below(200);
    for (std::uint64_t i = 0; i < size; ++i) {
      text += round % 2 == 0 ? static_cast<char>(rng.below(256)) : " \n\tab_1<|>=é🚀"[rng.below(16)];
    }
    std::size_t at = 0;
    for (const Piece& piece : tokenize(text)) {
      REQUIRE(piece.begin == at);
      REQUIRE(piece.size > 0);
      REQUIRE(piece.id >= 0);
      at += piece.size;
    }
    REQUIRE(at == text.size());
  }
}

TEST_CASE("ordinary ids stay below the special ones and depend on the piece alone") {
  for (const std::string word : {"def", " self", "return", "日本", "((", "\n\n"}) {
    REQUIRE(piece_id(word) < kOrdinaryTokens);
    REQUIRE(piece_id(word) == piece_id(std::string(word)));
  }
  REQUIRE(piece_id("a") == 97);
  // A change of the hash would change every prompt's ids between versions.
  REQUIRE(ids_of("def add(a, b):") == std::vector<TokenId>{13220, ids_of(" add")[0], 40, 97, 44,
                                                           ids_of(" b")[0], ids_of("):")[0]});
}

TEST_CASE("code has three to four bytes a token") {
  const std::string code =
      "def binary_search(values, target):\n    left, right = 0, len(values)\n    while left < "
      "right:\n"
      "        middle = (left + right) // 2\n        if values[middle] < target:\n            left "
      "= middle + 1\n"
      "        else:\n            right = middle\n    return left\n";
  const double ratio =
      static_cast<double>(code.size()) / static_cast<double>(tokenize(code).size());
  REQUIRE(ratio > 2.8);
  REQUIRE(ratio < 4.2);
}

TEST_CASE("a code point of four bytes is two tokens, others one") {
  REQUIRE(tokenize("🚀").size() == 2);
  REQUIRE(tokenize("é").size() == 1);
  REQUIRE(tokenize("漢").size() == 1);
}

TEST_CASE("the vocabulary gives texts back that it has seen and a replacement otherwise") {
  Vocabulary vocabulary;
  const std::string text = "def frobnicate(x): return 42";
  vocabulary.learn(text, tokenize(text));
  std::string back;
  for (const TokenId id : ids_of(text)) back += vocabulary.text(id);
  REQUIRE(back == text);
  REQUIRE(vocabulary.text(151659) == "<|fim_prefix|>");
  REQUIRE(vocabulary.text(149999) == "\xEF\xBF\xBD");
}
