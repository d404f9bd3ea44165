#include "quality/degenerate.hpp"

#include <algorithm>
#include <array>

#include "quality/text.hpp"
#include "quality/truncate.hpp"

namespace abgate::quality {

namespace {

constexpr std::size_t kMinRepeats = 4;
constexpr std::size_t kMinLoopBytes = 64;
constexpr std::size_t kLoopWindow = 4096;
constexpr std::size_t kMinRun = 24;
constexpr std::size_t kMinRulerRun = 240;
constexpr std::size_t kMinForeignLetters = 3;

struct Script {
  char32_t first, last;
  int id;
};
/// Letters of scripts that a Latin prompt does not lead to; symbols, arrows and emoji are no
/// letters.
constexpr std::array<Script, 17> kScripts{{{0x0370, 0x03FF, 0},  // Greek
                                           {0x0400, 0x052F, 1},  // Cyrillic
                                           {0x0530, 0x058F, 2},  // Armenian
                                           {0x0590, 0x05FF, 3},  // Hebrew
                                           {0x0600, 0x06FF, 4},  // Arabic
                                           {0x0900, 0x0DFF, 5},  // Indic
                                           {0x0E00, 0x0E7F, 6},  // Thai
                                           {0x10A0, 0x10FF, 7},  // Georgian
                                           {0x1100, 0x11FF, 8},  // Hangul
                                           {0x3040, 0x30FF, 9},  // Kana
                                           {0x3130, 0x318F, 8},
                                           {0x3400, 0x4DBF, 10},  // Han
                                           {0x4E00, 0x9FFF, 10},
                                           {0xAC00, 0xD7AF, 8},
                                           {0xF900, 0xFAFF, 10},
                                           {0x20000, 0x2FA1F, 10},
                                           {0xFF66, 0xFF9D, 9}}};
constexpr std::size_t kScriptCount = 11;

using ScriptCounts = std::array<std::size_t, kScriptCount>;

ScriptCounts count_scripts(std::string_view text) {
  ScriptCounts counts{};
  if (is_ascii(text)) return counts;
  for (const char32_t c : decode_utf8(text).points) {
    for (const Script& script : kScripts) {
      if (c >= script.first && c <= script.last) ++counts[static_cast<std::size_t>(script.id)];
    }
  }
  return counts;
}

bool switches_language(const SuiteItem& item, std::string_view text) {
  const ScriptCounts seen = count_scripts(text);
  if (std::all_of(seen.begin(), seen.end(), [](std::size_t n) { return n < kMinForeignLetters; }))
    return false;
  std::string known = item.prompt + item.prefix + item.suffix + item.reference;
  for (const auto& [role, content] : item.messages) known += content;
  const ScriptCounts expected = count_scripts(known);
  for (std::size_t s = 0; s < kScriptCount; ++s) {
    if (seen[s] >= kMinForeignLetters && expected[s] == 0) return true;
  }
  return false;
}

bool is_ruler(char c) {
  return is_space(c) || std::string_view("-=*#_~/.+,0").find(c) != std::string_view::npos;
}

bool has_replacement(std::string_view text) {
  return text.find("\xEF\xBF\xBD") != std::string_view::npos;
}

}  // namespace

std::size_t longest_run(std::string_view text, bool ruler) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (end < text.size() && text[end] == text[i]) ++end;
    if (is_ruler(text[i]) == ruler) longest = std::max(longest, end - i);
    i = end;
  }
  return longest;
}

bool ends_in_loop(std::string_view text) {
  text = rstrip(text);
  if (text.size() > kLoopWindow) text = text.substr(text.size() - kLoopWindow);
  // Borders of the reversed text: its first n characters, our last n, have period n - border.
  std::vector<std::size_t> border(text.size(), 0);
  const auto at = [&](std::size_t i) { return text[text.size() - 1 - i]; };
  for (std::size_t i = 1, k = 0; i < text.size(); ++i) {
    while (k > 0 && at(k) != at(i)) k = border[k - 1];
    if (at(k) == at(i)) ++k;
    border[i] = k;
    const std::size_t length = i + 1, period = length - k;
    if (length < kMinLoopBytes || length < kMinRepeats * period) continue;
    const std::string_view unit = text.substr(text.size() - period);
    if (!std::all_of(unit.begin(), unit.end(), is_ruler)) return true;
  }
  return false;
}

std::vector<std::string> find_degenerate(const SuiteItem& item, const RequestRecord& record) {
  const std::string_view text = cap(record.text);
  const std::string_view reference = cap(item.reference);
  std::vector<std::string> flags;
  const auto add = [&](bool found, const char* flag) {
    if (found) flags.emplace_back(flag);
  };
  const auto runs_on = [&](bool ruler, std::size_t limit) {
    const std::size_t run = longest_run(text, ruler);
    return run >= limit && run > longest_run(reference, ruler);
  };
  add(ends_in_loop(text) && !ends_in_loop(reference), "repetition_loop");
  add(runs_on(false, kMinRun) || runs_on(true, kMinRulerRun), "single_char_run");
  add(strip(text).empty() && !strip(reference).empty(), "empty");
  add(find_special_token(text) != std::string_view::npos &&
          find_special_token(reference) == std::string_view::npos,
      "special_token");
  add(record.invalid_utf8 || (has_replacement(text) && !has_replacement(reference)),
      "invalid_utf8");
  add(switches_language(item, text), "language_switch");
  const auto* completed = std::get_if<Completed>(&record.outcome);
  add(completed != nullptr && completed->finish_reason == "length", "hit_length");
  add(item.kind == ItemKind::fim &&
          suffix_overlap(text, item.suffix) > suffix_overlap(reference, item.suffix),
      "suffix_echo");
  return flags;
}

bool is_degenerate(std::string_view flag) {
  return flag != "hit_length" && flag != "suffix_echo";
}

}  // namespace abgate::quality
