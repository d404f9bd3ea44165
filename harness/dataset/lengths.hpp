#pragma once
// An empirical distribution of lengths.

#include <string>
#include <vector>

namespace abgate::dataset {

/// One whole number of tokens from 1 a line, in the file's order; blank lines are skipped. Plain or
/// gz. Throws DataError with the line, also on an empty file and above ten million lengths.
std::vector<int> read_lengths(const std::string& path);

}  // namespace abgate::dataset
