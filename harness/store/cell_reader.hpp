#pragma once
// Reads raw files back.

#include <functional>
#include <string>
#include <vector>

#include "core/record.hpp"

namespace abgate::store {

/// Reads one raw file. A path that ends in ".part" is a cell that was never finished: what is
/// readable comes back with `interrupted` set and its times taken from its requests. Throws
/// DataError with file and line: cut or damaged compression, a line that is no record, another
/// format version, a wrong count.
CellRecord read_cell(const std::string& path);

/// Reads many files on `threads` threads and hands the cells over in the order of `paths`, on the
/// caller's thread. Holds at most `threads` + 2 cells at a time. The first error (in that order) is
/// thrown.
void read_cells(const std::vector<std::string>& paths,
                const std::function<void(CellRecord&&)>& on_cell, unsigned threads = 2);

}  // namespace abgate::store
