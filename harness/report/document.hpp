#pragma once
// A report as a list of blocks, so that Markdown and HTML come from the same content.

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace abgate::report {

/// Cells are inline Markdown.
struct Table {
  std::vector<std::string> header;
  std::string align;  ///< one of 'l', 'r', 'c' for each column
  std::vector<std::vector<std::string>> rows;
};

struct Heading {
  int level = 2;
  std::string text;  ///< plain
};
struct Paragraph {  ///< Markdown of any blocks (lists, quotes)
  std::string markdown;
};
struct Figure {
  std::string name;  ///< charts/<name>.svg
  std::string alt;
};
struct DetailsBegin {
  std::string summary;  ///< plain
};
struct DetailsEnd {};
/// Two texts side by side; where that is not possible, as a diff.
struct SideBySide {
  std::string left_label, right_label;
  std::string left, right;
};
/// A warning that must be seen before anything else.
struct Banner {
  std::string text;  ///< plain
};

using Block =
    std::variant<Heading, Paragraph, Table, Figure, DetailsBegin, DetailsEnd, SideBySide, Banner>;
using Document = std::vector<Block>;

struct MarkdownOptions {
  bool charts = true;         ///< link charts/<name>.svg
  bool details = true;        ///< foldable parts; left out otherwise
  std::size_t max_rows = 0;   ///< of a table; the rest is counted; 0: all
  std::size_t max_bytes = 0;  ///< stop before the block that would exceed it; 0: no limit
};
std::string to_markdown(const Document& document, const MarkdownOptions& options = {});

/// Inline SVG by chart name, for to_html.
struct NamedSvg {
  std::string name, svg;
};
/// A whole page: no script, no outside reference; Markdown is rendered in safe mode.
std::string to_html(const Document& document, const std::string& title,
                    const std::vector<NamedSvg>& charts);

/// GitHub's anchor of a heading: "Load behaviour" -> "load-behaviour".
std::string anchor(std::string_view heading);

/// Line diff: ' ' both, '-' left only, '+' right only.
struct DiffLine {
  char mark;
  std::string text;
};
/// Shortest edit script by lines (LCS); above `kDiffLimit` lines a side, everything is replaced.
std::vector<DiffLine> diff(std::string_view left, std::string_view right);
inline constexpr std::size_t kDiffLimit = 1500;

}  // namespace abgate::report
