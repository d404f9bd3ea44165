#include <array>
#include <cctype>
#include <functional>
#include <sstream>

#include "vllmsim/planted.hpp"

namespace abgate::sim {

namespace {

struct Span {
  std::size_t begin, size;
};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Runs of word characters that `wanted` likes.
template <typename Wanted>
std::vector<Span> words(const std::string& text, Wanted wanted) {
  std::vector<Span> out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end > at && wanted(text.substr(at, end - at))) out.push_back({at, end - at});
    at = end > at ? end : at + 1;
  }
  return out;
}

bool is_number(const std::string& word) {
  return word.find_first_not_of("0123456789") == std::string::npos;
}
bool is_identifier(const std::string& word) {
  return word.size() > 1 && std::isdigit(static_cast<unsigned char>(word[0])) == 0;
}

template <typename T>
const T& pick(const std::vector<T>& from, Rng& rng) {
  return from[static_cast<std::size_t>(rng.below(from.size()))];
}

std::string replace(const std::string& text, Span span, const std::string& with) {
  return text.substr(0, span.begin) + with + text.substr(span.begin + span.size);
}

std::string rename_identifier(const std::string& text, Rng& rng) {
  const auto found = words(text, is_identifier);
  if (found.empty()) return text;
  const Span span = pick(found, rng);
  static const std::vector<std::string> kNames{"value", "result", "item", "index", "data", "node"};
  return replace(text, span, pick(kNames, rng));
}

std::string change_number(const std::string& text, Rng& rng) {
  const auto found = words(text, is_number);
  if (found.empty()) return text;
  const Span span = pick(found, rng);
  const std::string digits = text.substr(span.begin, span.size);
  return replace(text, span, digits.size() > 9 ? "0" : std::to_string(std::stol(digits) + 1));
}

std::string change_operator(const std::string& text, Rng& rng) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kSwaps{
      {{"==", "!="},
       {"<=", "<"},
       {">=", ">"},
       {" + ", " - "},
       {" - ", " + "},
       {" * ", " + "},
       {" < ", " <= "},
       {" > ", " >= "}}};
  const std::size_t from = static_cast<std::size_t>(rng.below(kSwaps.size()));
  for (std::size_t i = 0; i < kSwaps.size(); ++i) {
    const auto& [old_text, new_text] = kSwaps[(from + i) % kSwaps.size()];
    const std::size_t at = text.find(old_text);
    if (at != std::string::npos) return replace(text, {at, old_text.size()}, std::string(new_text));
  }
  return text;
}

std::string drop_word(const std::string& text, Rng& rng) {
  const auto found = words(text, [](const std::string&) { return true; });
  if (found.size() < 2) return text;
  return replace(text, pick(found, rng), "");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  if (!lines.empty() && !text.ends_with('\n')) lines.back().pop_back();
  return lines;
}

std::string drop_line(const std::string& text, Rng& rng) {
  const std::vector<std::string> lines = lines_of(text);
  if (lines.size() < 2) return text;
  const auto gone = static_cast<std::size_t>(rng.below(lines.size()));
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != gone) out += lines[i];
  }
  return out;
}

std::string stop_early(const std::string& text, Rng& rng) {
  const auto found = words(text, [](const std::string&) { return true; });
  if (found.size() < 3) return text;
  const Span& span =
      found[found.size() / 2 + static_cast<std::size_t>(rng.below(found.size() / 2))];
  return text.substr(0, span.begin);
}

std::string loop_last_line(const std::string& text, Rng& rng) {
  const std::vector<std::string> lines = lines_of(text);
  std::string last = lines.empty() ? text : lines.back();
  if (last.find_first_not_of(" \t\n") == std::string::npos) last = "return result";
  std::string out = text;
  for (std::uint64_t i = 0; i < 4 + rng.below(8); ++i) {
    if (!out.ends_with('\n')) out += '\n';
    out += last;
  }
  return out;
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

}  // namespace

std::string wrong_answer(const std::string& reference, Rng rng) {
  using Mistake = std::string (*)(const std::string&, Rng&);
  static constexpr std::array<Mistake, 10> kMistakes{
      rename_identifier, rename_identifier, change_operator, change_number, drop_word,
      change_operator,   drop_line,         stop_early,      change_number, loop_last_line};
  const std::vector<std::string> right = split(reference);
  for (int attempt = 0; attempt < 20; ++attempt) {
    const Mistake mistake = kMistakes[static_cast<std::size_t>(rng.below(kMistakes.size()))];
    std::string wrong = mistake(reference, rng);
    if (split(wrong) != right) return wrong;
  }
  return reference + "\nreturn result";
}

}  // namespace abgate::sim
