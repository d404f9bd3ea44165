#include "quality/truncate.hpp"

#include <algorithm>
#include <array>

#include "quality/blocks.hpp"
#include "quality/text.hpp"

namespace abgate::quality {

namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kMinEcho = 8;

constexpr std::array<std::string_view, 26> kSpecialTokens{"<|endoftext|>",
                                                          "<|fim_prefix|>",
                                                          "<|fim_suffix|>",
                                                          "<|fim_middle|>",
                                                          "<|fim_pad|>",
                                                          "<|file_sep|>",
                                                          "<|file_separator|>",
                                                          "<|repo_name|>",
                                                          "<|im_start|>",
                                                          "<|im_end|>",
                                                          "<|endofmask|>",
                                                          "<|EOT|>",
                                                          "<|eot_id|>",
                                                          "<fim_prefix>",
                                                          "<fim_suffix>",
                                                          "<fim_middle>",
                                                          "<file_sep>",
                                                          "<repo_name>",
                                                          "<EOT>",
                                                          "<end_of_turn>",
                                                          "</s>",
                                                          "<｜end▁of▁sentence｜>",
                                                          "<｜fim▁begin｜>",
                                                          "<｜fim▁hole｜>",
                                                          "<｜fim▁end｜>",
                                                          "<eos>"};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool names(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != kNone; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const std::size_t end = at + word.size();
    if (begins && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

/// Bodies of the ``` blocks; one that is not closed runs to the end.
std::vector<std::string_view> fenced_blocks(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t open = kNone;  // begin of the body of the block we are in
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (strip(text.substr(at, end - at)).starts_with("```")) {
      if (open == kNone) {
        open = std::min(end + 1, text.size());
      } else {
        out.push_back(text.substr(open, at - open));
        open = kNone;
      }
    }
    at = end + 1;
  }
  if (open != kNone) out.push_back(text.substr(open));
  return out;
}

std::string_view without_thinking(std::string_view text) {
  constexpr std::string_view close = "</think>";
  const std::size_t end = text.rfind(close);
  if (end == kNone) return text;
  text.remove_prefix(end + close.size());
  return text;
}

std::string_view answer_block(std::string_view text, std::string_view entry_point) {
  const std::vector<std::string_view> blocks = fenced_blocks(text);
  if (blocks.empty()) return text;
  if (!entry_point.empty()) {
    const auto it = std::find_if(blocks.rbegin(), blocks.rend(),
                                 [&](std::string_view block) { return names(block, entry_point); });
    if (it != blocks.rend()) return *it;
  }
  return blocks.front();
}

/// Behind the first line that says something; with its newline if the hole is of whole lines.
std::size_t end_of_first_line(std::string_view text, bool with_newline) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (!strip(text.substr(at, end - at)).empty())
      return std::min(end + (with_newline ? 1 : 0), text.size());
    at = end + 1;
  }
  return kNone;
}

std::size_t earliest_stop(const SuiteItem& item, std::string_view text) {
  std::size_t first = kNone;
  for (const std::string& stop : item.stop) first = std::min(first, text.find(stop));
  return first;
}

}  // namespace

std::size_t find_special_token(std::string_view text) {
  for (std::size_t at = text.find('<'); at != kNone; at = text.find('<', at + 1)) {
    for (const std::string_view token : kSpecialTokens) {
      if (text.substr(at).starts_with(token)) return at;
    }
  }
  return kNone;
}

std::size_t suffix_overlap(std::string_view text, std::string_view suffix) {
  std::size_t longest = std::min(text.size(), suffix.size());
  const std::string_view tail = text.substr(text.size() - longest);
  const std::string_view head = suffix.substr(0, longest);
  // Knuth–Morris–Pratt over head + tail: the border at the end is the overlap.
  std::vector<std::size_t> border(head.size(), 0);
  const auto extend = [&](std::size_t k, char c) {
    while (k > 0 && (k == head.size() || head[k] != c)) k = border[k - 1];
    return k < head.size() && head[k] == c ? k + 1 : k;
  };
  for (std::size_t i = 1, k = 0; i < head.size(); ++i) border[i] = k = extend(k, head[i]);
  std::size_t k = 0;
  for (const char c : tail) k = extend(k, c);
  // White space alone is no echo.
  return k >= kMinEcho && strip(head.substr(0, k)).size() >= kMinEcho ? k : 0;
}

Truncator::Truncator(const SuiteItem& item) : item_(item) {
  const auto consider = [&](std::string_view rule) {
    const std::size_t end = end_of(rule, item_.reference);
    if (end == kNone || strip(std::string_view(item_.reference).substr(end)).empty()) {
      structural_.push_back(rule);
    }
  };
  if (item.kind == ItemKind::fim) {
    consider("suffix_echo");
    consider("line1");
  }
  if (item.kind == ItemKind::completion) {
    if (item.language == "python") consider("dedent");
    if (has_braces(item.language) || item.language == "bash") consider("block_end");
  }
}

std::size_t Truncator::end_of(std::string_view rule, std::string_view text) const {
  if (rule == "special_token") return find_special_token(text);
  if (rule == "stop") return earliest_stop(item_, text);
  if (rule == "dedent") return python_body_end(item_.prompt, text);
  if (rule == "block_end" && item_.language == "bash") {
    return bash_function_end(item_.prompt, item_.reference, text);
  }
  if (rule == "block_end") {
    return brace_block_end(item_.prompt, item_.reference, text, item_.language);
  }
  if (rule == "suffix_echo") {
    const std::size_t echo = suffix_overlap(text, item_.suffix);
    return echo == 0 ? kNone : text.size() - echo;
  }
  return end_of_first_line(text, item_.reference.ends_with('\n'));  // line1
}

Cut Truncator::cut(std::string_view raw) const {
  Cut out;
  std::string_view text = raw;
  const auto changed = [&](std::string_view rule, std::string_view shorter) {
    if (shorter.size() == text.size()) return;
    out.rules.emplace_back(rule);
    text = shorter;
  };
  const auto shorten = [&](std::string_view rule) {
    changed(rule, text.substr(0, std::min(end_of(rule, text), text.size())));
  };
  shorten("special_token");
  if (item_.kind == ItemKind::chat) {
    changed("think", without_thinking(text));
    changed("fence", answer_block(text, item_.entry_point));
  }
  shorten("stop");
  for (const std::string_view rule : structural_) shorten(rule);
  out.text = text;
  return out;
}

}  // namespace abgate::quality
