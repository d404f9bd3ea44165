#include "report/document.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/escape.hpp"
#include "report/format.hpp"

namespace abgate::report {

namespace {
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string row_text(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out.append(" ").append(cell).append(" |");
  return out + "\n";
}

class MarkdownWriter {
 public:
  explicit MarkdownWriter(const MarkdownOptions& options) : options_(options) {}

  std::string operator()(const Heading& h) const {
    return fmt::format("{} {}\n", std::string(static_cast<std::size_t>(h.level), '#'), md(h.text));
  }
  std::string operator()(const Paragraph& p) const {
    return p.markdown.ends_with('\n') ? p.markdown : p.markdown + "\n";
  }
  std::string operator()(const Banner& b) const { return fmt::format("> **{}**\n", md(b.text)); }
  std::string operator()(const DetailsBegin& d) const {
    return fmt::format("<details><summary>{}</summary>\n", html(visible_line(d.summary)));
  }
  std::string operator()(const DetailsEnd&) const { return "</details>\n"; }
  std::string operator()(const Figure& f) const {
    return options_.charts ? fmt::format("![{}](charts/{}.svg)\n", md(f.alt), f.name) : "";
  }
  std::string operator()(const SideBySide& s) const {
    std::string body;
    for (const DiffLine& line : diff(s.left, s.right))
      body.append(1, line.mark).append(line.text).append("\n");
    return fmt::format("`-` {} · `+` {}\n\n{}", md(s.left_label), md(s.right_label),
                       md_fence(body, "diff"));
  }
  std::string operator()(const Table& t) const {
    std::string out = row_text(t.header);
    out += "|";
    for (const char align : t.align) out += align == 'r' ? "--:|" : align == 'c' ? ":-:|" : "---|";
    out += "\n";
    const std::size_t rows =
        options_.max_rows == 0 ? t.rows.size() : std::min(options_.max_rows, t.rows.size());
    for (std::size_t i = 0; i < rows; ++i) out += row_text(t.rows[i]);
    if (rows < t.rows.size())
      out += fmt::format("\n… and {} more rows in the full report.\n", count(t.rows.size() - rows));
    return out;
  }

 private:
  const MarkdownOptions& options_;
};

/// Drops the content between DetailsBegin and its end.
class Fold {
 public:
  explicit Fold(bool keep) : keep_(keep) {}
  bool shows(const Block& block) {
    if (keep_) return true;
    const bool ends = std::holds_alternative<DetailsEnd>(block);
    if (std::holds_alternative<DetailsBegin>(block)) ++depth_;
    const bool shown = depth_ == 0;
    if (ends) --depth_;
    return shown;
  }

 private:
  bool keep_;
  int depth_ = 0;
};
}  // namespace

std::string to_markdown(const Document& document, const MarkdownOptions& options) {
  constexpr std::string_view kCut = "\n*Cut here: the full report has the rest.*\n";
  const MarkdownWriter write(options);
  Fold fold(options.details);
  std::string out;
  for (const Block& block : document) {
    if (!fold.shows(block)) continue;
    const std::string text = std::visit(write, block);
    if (text.empty()) continue;
    if (options.max_bytes != 0 && out.size() + text.size() + kCut.size() + 1 > options.max_bytes)
      return out.append(kCut);
    if (!out.empty()) out += '\n';  // <details> too needs the empty line after <summary>
    out += text;
  }
  return out;
}

std::string anchor(std::string_view heading) {
  std::string out;
  for (const char c : heading) {
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if (c == ' ') {
      out += '-';
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
      out += c;
    }
  }
  return out;
}

std::vector<DiffLine> diff(std::string_view left, std::string_view right) {
  const auto a = lines_of(left), b = lines_of(right);
  std::vector<DiffLine> out;
  const auto put = [&](char mark, std::string_view text) {
    out.push_back({mark, std::string(text)});
  };
  if (a.size() > kDiffLimit || b.size() > kDiffLimit) {
    for (const auto line : a) put('-', line);
    for (const auto line : b) put('+', line);
    return out;
  }
  // common[i][j]: length of the longest common subsequence of a[i…] and b[j…].
  std::vector<std::vector<std::uint16_t>> common(a.size() + 1,
                                                 std::vector<std::uint16_t>(b.size() + 1, 0));
  for (std::size_t i = a.size(); i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      common[i][j] = a[i] == b[j] ? static_cast<std::uint16_t>(common[i + 1][j + 1] + 1)
                                  : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      put(' ', a[i]), ++i, ++j;
    } else if (i < a.size() && (j == b.size() || common[i + 1][j] >= common[i][j + 1])) {
      put('-', a[i++]);
    } else {
      put('+', b[j++]);
    }
  }
  return out;
}

}  // namespace abgate::report
