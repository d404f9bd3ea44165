#pragma once
// Reads raw files back.

#include <functional>
#include <string>
#include <vector>

#include "core/record.hpp"
#include "store/cell_codec.hpp"
#include "store/gzip.hpp"

namespace abgate::store {

/// Reads one raw file request by request, so that no more than one need be held.
class RecordReader {
 public:
  /// Reads the header line. Throws as read_cell does.
  explicit RecordReader(const std::string& path, Tokens tokens = Tokens::read);
  /// False at the end, after which cell() is filled in, as far as the file says. Throws as
  /// read_cell does.
  bool next(RequestRecord& record);
  /// The cell with every request that is left. Throws as read_cell does.
  CellRecord rest();
  /// The end line was read.
  bool whole() const { return ended_; }
  /// Identity of the cell; its requests are empty.
  const CellRecord& cell() const { return cell_; }

 private:
  bool advance();

  std::string path_;
  bool unfinished_;
  GzipLines lines_;
  CellDecoder decoder_;
  CellRecord cell_;
  bool ended_ = false;
};

/// Reads one raw file. A path that ends in ".part" is a cell that was never finished: what is
/// readable comes back with `interrupted` set and its times taken from its requests. Throws
/// DataError with file and line: cut or damaged compression, a line that is no record, another
/// format version, a wrong count.
CellRecord read_cell(const std::string& path, Tokens tokens = Tokens::read);

/// Reads many files, without the tokens of answers, on `threads` threads and hands the cells over in
/// the order of `paths`, on the caller's thread. Holds at most `threads` + 2 cells at a time. The
/// first error (in that order) is thrown.
void read_cells(const std::vector<std::string>& paths,
                const std::function<void(CellRecord&&)>& on_cell, unsigned threads = 2);

}  // namespace abgate::store
