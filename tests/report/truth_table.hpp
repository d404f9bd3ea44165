#pragma once
// Every cell of the table of verdicts, taken by the real judge and worded by the real report.

#include <string>

namespace abgate::test {

/// Markdown: validity × must criteria × target, one row a cell.
std::string complete_truth_table();

}  // namespace abgate::test
