// Where a hole can be cut into a source text (carve.hpp).

#include <algorithm>
#include <string_view>

#include "quality/blocks.hpp"
#include "quality/carve.hpp"
#include "quality/text.hpp"

namespace abgate::quality {

namespace {

constexpr std::size_t kMinLineBytes = 8;  // shorter lines are guessed, not known
constexpr std::size_t kMaxHoleLineBytes = 160;
constexpr std::size_t kMaxBlockLines = 12;
constexpr std::size_t kMinArgumentBytes = 3;

struct SourceLine {
  std::size_t begin = 0, end = 0;  ///< without the newline
  std::size_t indent = 0;
  bool blank = false;
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_letter(char c) {
  return is_word(c) && !(c >= '0' && c <= '9');
}

class HoleFinder {
 public:
  HoleFinder(const std::string& text, const std::string& language)
      : text_(text), language_(language) {
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      std::size_t indent = 0;
      while (at + indent < end && (text[at + indent] == ' ' || text[at + indent] == '\t')) ++indent;
      const bool blank = strip(std::string_view(text).substr(at, end - at)).empty();
      lines_.push_back({at, end, indent, blank});
      at = end + 1;
    }
  }

  std::vector<Hole> find() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (!worth_completing(i)) continue;
      add_line(i);
      add_lines(i);
      add_call(i);
      add_block(i);
    }
    return std::move(holes_);
  }

 private:
  std::string_view content(std::size_t i) const {
    const SourceLine& l = lines_[i];
    return strip(std::string_view(text_).substr(l.begin, l.end - l.begin));
  }
  bool is_comment(std::string_view line) const {
    if (language_ == "python" || language_ == "bash") return line.starts_with('#');
    if (language_ == "sql") return line.starts_with("--");
    return line.starts_with("//") || line.starts_with("/*") || line.starts_with('*');
  }
  /// Lines that say something: no comments, imports, or lone brackets.
  bool worth_completing(std::size_t i) const {
    const std::string_view line = content(i);
    if (line.size() < kMinLineBytes || line.size() > kMaxHoleLineBytes || is_comment(line))
      return false;
    for (const std::string_view word : {"import ", "from ", "#include", "#pragma", "package ",
                                        "use ", "using ", "\"\"\"", "'''"}) {
      if (line.starts_with(word)) return false;
    }
    return std::count_if(line.begin(), line.end(), is_letter) >= 4;
  }

  void add(std::size_t begin, std::size_t end, const char* category) {
    holes_.push_back({begin, end, category});
  }

  void add_line(std::size_t i) {
    const SourceLine& l = lines_[i];
    std::size_t end = l.end;
    while (end > l.begin && is_space(text_[end - 1])) --end;
    add(l.begin + l.indent, end, "fim-line");
  }

  /// Two to four lines of one indentation or deeper, blank lines none.
  void add_lines(std::size_t i) {
    const std::size_t count = 2 + i % 3;
    if (i + count > lines_.size()) return;
    for (std::size_t k = i; k < i + count; ++k) {
      if (lines_[k].blank || lines_[k].indent < lines_[i].indent) return;
    }
    add(lines_[i].begin + lines_[i].indent, lines_[i + count - 1].end, "fim-multi-line");
  }

  /// The arguments of the first call on the line that closes on it.
  void add_call(std::size_t i) {
    const SourceLine& l = lines_[i];
    for (std::size_t open = l.begin + 1; open < l.end; ++open) {
      if (text_[open] != '(' || !is_word(text_[open - 1])) continue;
      int depth = 0;
      for (std::size_t k = open; k < l.end; ++k) {
        depth += text_[k] == '(' ? 1 : text_[k] == ')' ? -1 : 0;
        if (depth > 0) continue;
        if (k - open - 1 >= kMinArgumentBytes && !definition(i)) add(open + 1, k, "fim-call");
        return;
      }
    }
  }
  /// Parameters of a definition are no arguments, and the head of a statement is no call.
  bool definition(std::size_t i) const {
    const std::string_view line = content(i);
    for (const std::string_view word :
         {"def ", "class ", "function ", "fn ", "pub fn ", "func ", "async def ", "if (", "while (",
          "for (", "switch (", "} else if ("}) {
      if (line.starts_with(word)) return true;
    }
    return line.ends_with('{');
  }

  /// What a line that ends in ':' (Python) or '{' opens, up to where it is closed.
  void add_block(std::size_t i) {
    const std::string_view line = content(i);
    const bool opens =
        language_ == "python" ? line.ends_with(':') : has_braces(language_) && line.ends_with('{');
    if (!opens || i + 1 >= lines_.size() || lines_[i + 1].blank) return;
    std::size_t last = i;
    for (std::size_t k = i + 1; k < lines_.size(); ++k) {
      if (lines_[k].blank) continue;
      if (lines_[k].indent <= lines_[i].indent) break;
      last = k;
    }
    const std::size_t count = last - i;
    if (count == 0 || count > kMaxBlockLines) return;
    const SourceLine& first = lines_[i + 1];
    if (is_comment(content(i + 1)) && count == 1) return;
    add(first.begin + first.indent, lines_[last].end, "fim-block");
  }

  const std::string& text_;
  const std::string& language_;
  std::vector<SourceLine> lines_;
  std::vector<Hole> holes_;
};

}  // namespace

std::vector<Hole> find_holes(const std::string& text, const std::string& language) {
  return HoleFinder(text, language).find();
}

}  // namespace abgate::quality
