#include "quality/blocks.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "quality/text.hpp"

namespace abgate::quality {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

/// Python's strings, comments, brackets and line joining, one character at a time.
class PythonLexer {
 public:
  /// Consumes text[i] (and what belongs to it) and returns the next position.
  std::size_t step(std::string_view text, std::size_t i) {
    const char c = text[i];
    if (quote_ != 0) return in_string(text, i);
    joined_ = false;
    if (c == '#') return std::min(text.find('\n', i), text.size());
    if (c == '"' || c == '\'') {
      quote_ = c;
      triple_ = text.substr(i, 3) == std::string(3, c);
      return i + (triple_ ? 3 : 1);
    }
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
    if (c == '\\' && i + 1 < text.size() && text[i + 1] == '\n') {
      joined_ = true;
      return i + 2;
    }
    return i + 1;
  }
  /// Whether a line that begins now begins a statement.
  bool at_statement() const { return quote_ == 0 && depth_ == 0 && !joined_; }

 private:
  std::size_t in_string(std::string_view text, std::size_t i) {
    const char c = text[i];
    if (c == '\\') return i + 2;
    if (c == '\n' && !triple_) quote_ = 0;  // unterminated: recover at the line's end
    if (c == quote_ && (!triple_ || text.substr(i, 3) == std::string(3, c))) {
      quote_ = 0;
      return i + (triple_ ? 3 : 1);
    }
    return i + 1;
  }

  char quote_ = 0;
  bool triple_ = false;
  bool joined_ = false;
  int depth_ = 0;
};

struct Line {
  std::size_t begin = 0;
  std::string_view text;
  bool blank() const { return strip(text).empty(); }
  bool indented() const { return !text.empty() && (text[0] == ' ' || text[0] == '\t'); }
  bool comment() const { return strip(text).starts_with('#'); }
};

/// Statement-initial lines of Python text, in order, comments and blank lines left out.
std::vector<Line> python_statements(std::string_view text) {
  std::vector<Line> out;
  PythonLexer lexer;
  std::size_t i = 0;
  bool fresh = true;
  while (i < text.size()) {
    if (fresh && lexer.at_statement()) {
      const Line line{i, text.substr(i, std::min(text.find('\n', i), text.size()) - i)};
      if (!line.blank() && !line.comment()) out.push_back(line);
    }
    const std::size_t next = std::min(lexer.step(text, i), text.size());
    fresh = next > 0 && text[next - 1] == '\n';
    i = next;
  }
  return out;
}

/// Whether what follows `prompt` belongs to an indented block.
bool inside_python_block(std::string_view prompt) {
  const std::vector<Line> statements = python_statements(prompt);
  if (statements.empty()) return false;
  if (statements.back().indented()) return true;
  return rstrip(prompt).ends_with(':');
}

}  // namespace

std::size_t python_body_end(std::string_view prompt, std::string_view completion) {
  if (!inside_python_block(prompt)) return kNone;
  std::string whole(prompt);
  whole += completion;
  const std::size_t start = prompt.size();
  bool began =
      !prompt.empty() && prompt.back() != '\n';  // the completion continues a line of the body
  std::size_t body_end = kNone;
  for (const Line& line : python_statements(whole)) {
    if (line.begin < start) continue;
    if (line.indented()) {
      began = true;
    } else if (began) {
      body_end = line.begin;
      break;
    }
  }
  if (body_end == kNone) return kNone;
  // Blank lines and comments at column 0 just above belong to what follows.
  while (body_end > start) {
    const std::size_t previous = body_end < 2 ? kNone : whole.rfind('\n', body_end - 2);
    const std::size_t begin = previous == kNone ? 0 : previous + 1;
    const Line line{begin, std::string_view(whole).substr(begin, body_end - 1 - begin)};
    if (begin < start || !(line.blank() || (line.comment() && !line.indented()))) break;
    body_end = begin;
  }
  return body_end - start;
}

namespace {

/// Braces outside strings and comments of C-like text.
class BraceLexer {
 public:
  explicit BraceLexer(std::string_view language)
      : backtick_(language == "javascript" || language == "typescript" || language == "go"),
        lifetimes_(language == "rust") {}

  std::size_t step(std::string_view text, std::size_t i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (comment_) {
      comment_ = !(c == '*' && next == '/');
      return i + (comment_ ? 1 : 2);
    }
    if (quote_ != 0) return in_string(text, i);
    if (c == '/' && next == '/') return std::min(text.find('\n', i), text.size());
    if (c == '/' && next == '*') {
      comment_ = true;
      return i + 2;
    }
    if (c == 'R' && next == '"') return raw_string_end(text, i);
    if (c == '"' || (c == '`' && backtick_) || (c == '\'' && is_char_literal(text, i))) quote_ = c;
    if (c == '{') ++depth_;
    if (c == '}') --depth_;
    return i + 1;
  }
  int depth() const { return depth_; }
  bool in_code() const { return !comment_ && quote_ == 0; }

 private:
  std::size_t in_string(std::string_view text, std::size_t i) {
    const char c = text[i];
    if (c == '\\') return i + 2;
    if (c == quote_ || (c == '\n' && quote_ != '`')) quote_ = 0;
    return i + 1;
  }
  /// Digit separators (1'000) and lifetimes ('a) are no quotes.
  bool is_char_literal(std::string_view text, std::size_t i) const {
    const auto digit = [](char d) { return d >= '0' && d <= '9'; };
    if (i > 0 && digit(text[i - 1]) && i + 1 < text.size() && digit(text[i + 1])) return false;
    if (!lifetimes_) return true;
    return text.substr(i + 1, 1) == "\\" || text.substr(i + 2, 1) == "'";
  }
  static std::size_t raw_string_end(std::string_view text, std::size_t i) {
    const std::size_t open = text.find('(', i);
    if (open == kNone || open - i > 18) return i + 1;
    const std::string close = ")" + std::string(text.substr(i + 2, open - i - 2)) + "\"";
    const std::size_t end = text.find(close, open);
    return end == kNone ? text.size() : end + close.size();
  }

  bool backtick_;
  bool lifetimes_;
  bool comment_ = false;
  char quote_ = 0;
  int depth_ = 0;
};

/// Feeds `text` to `lexer`; calls visit(position, depth before, depth after) for each step and
/// stops when it returns false.
template <typename Visit>
void scan(BraceLexer& lexer, std::string_view text, Visit&& visit) {
  std::size_t i = 0;
  while (i < text.size()) {
    const int before = lexer.depth();
    const std::size_t next = std::min(lexer.step(text, i), text.size());
    if (!visit(i, before, lexer.depth())) return;
    i = next;
  }
}

/// Where the first line that is a lone closing brace at column 0 begins.
std::size_t bash_closing_line(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (rstrip(text.substr(at, end - at)) == "}") return at;
    at = end + 1;
  }
  return kNone;
}

std::size_t behind_line(std::string_view text, std::size_t at) {
  const std::size_t newline = text.find('\n', at);
  return newline == kNone ? text.size() : newline + 1;
}

}  // namespace

bool has_braces(std::string_view language) {
  constexpr std::array<std::string_view, 8> languages{"cpp", "c",    "javascript", "typescript",
                                                      "go",  "rust", "java",       "csharp"};
  return std::find(languages.begin(), languages.end(), language) != languages.end();
}

bool is_code(std::string_view language, std::string_view text, std::size_t at) {
  BraceLexer lexer(language);
  std::size_t i = 0;
  while (i < at) i = lexer.step(text, i);
  return i == at && lexer.in_code();
}

std::size_t brace_block_end(std::string_view prompt, std::string_view reference,
                            std::string_view completion, std::string_view language) {
  BraceLexer lexer(language);
  scan(lexer, prompt, [](std::size_t, int, int) { return true; });
  const int open = lexer.depth();
  if (open <= 0) return kNone;
  BraceLexer after_reference = lexer;
  int lowest = open;
  scan(after_reference, reference, [&](std::size_t, int, int after) {
    lowest = std::min(lowest, after);
    return true;
  });
  std::size_t end = kNone;
  scan(lexer, completion, [&](std::size_t at, int before, int after) {
    if (after >= before) return true;
    if (lowest < open && after == lowest) end = behind_line(completion, at);
    if (lowest == open && after < open) end = at;
    return end == kNone;
  });
  return end == completion.size() ? kNone : end;
}

int braces_closed(std::string_view prompt, std::string_view reference, std::string_view language) {
  if (language == "bash") return bash_closing_line(reference) == kNone ? 0 : 1;
  BraceLexer lexer(language);
  scan(lexer, prompt, [](std::size_t, int, int) { return true; });
  const int open = lexer.depth();
  scan(lexer, reference, [](std::size_t, int, int) { return true; });
  return std::max(0, open - lexer.depth());
}

std::size_t bash_function_end(std::string_view prompt, std::string_view reference,
                              std::string_view completion) {
  const std::size_t opened = prompt.rfind("{\n");
  const bool inside = opened != kNone && bash_closing_line(prompt.substr(opened)) == kNone;
  const std::size_t at = bash_closing_line(completion);
  if (!inside || at == kNone) return kNone;
  if (bash_closing_line(reference) == kNone) return at;
  const std::size_t end = behind_line(completion, at);
  return end == completion.size() ? kNone : end;
}

}  // namespace abgate::quality
