#pragma once
// Text from models, servers and users, made harmless for each format that it is printed in.

#include <string>
#include <string_view>

namespace abgate::report {

/// Valid UTF-8 in which nothing is invisible: control bytes, ANSI escapes, bidirectional and
/// zero-width controls are spelled out (\x1b, \u{202e}), bad bytes become U+FFFD. Newlines and tabs
/// stay.
std::string visible(std::string_view text);
/// The same in one line: newlines and tabs are spelled out too; cut after `max_chars` code points
/// with "…".
std::string visible_line(std::string_view text, std::size_t max_chars = 300);

/// Inline Markdown that shows the text as it is, also in a table cell: one line, nothing is markup.
std::string md(std::string_view text);
/// The same where a paragraph or list item begins with it, so that it starts no list, heading or
/// quote.
std::string md_block(std::string_view text);
/// A code span of one line, safe in a table cell.
std::string md_code(std::string_view text, std::size_t max_chars = 300);
/// A fenced code block, its fence longer than any in the text; ends in a newline.
std::string md_fence(std::string_view text, std::string_view language = "");

/// Text for HTML and SVG content and attributes.
std::string html(std::string_view text);
/// Text for XML 1.0; characters that XML cannot hold are spelled out.
std::string xml(std::string_view text);
/// A label value of the Prometheus text format, without its quotes.
std::string prometheus_label(std::string_view text);
/// One CSV field; never read as a formula by a spreadsheet.
std::string csv_field(std::string_view text);

/// Number of code points (what a terminal column is, near enough).
std::size_t width(std::string_view text);

}  // namespace abgate::report
