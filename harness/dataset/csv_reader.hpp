#pragma once
// Rows of a CSV file (RFC 4180, but a field may not go on in the next line), in constant memory.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "dataset/line_reader.hpp"

namespace abgate::dataset {

/// Not thread-safe. Plain or gz. Every error is a DataError with line and column, from 1.
class CsvReader {
 public:
  /// Reads the header from a fresh reader. Throws DataError on an empty file.
  explicit CsvReader(LineReader reader);

  const std::vector<std::string>& header() const { return header_; }
  /// Position of a column of the header; nothing if it has none of that name.
  std::optional<std::size_t> find(std::string_view name) const;

  /// Goes to the next row that is not blank; false at the end. Throws DataError on a row with more
  /// or fewer columns than the header, broken quotes, or invalid UTF-8.
  bool next();
  /// Field of the row, without its quotes; valid until next().
  std::string_view field(std::size_t column) const { return fields_[column]; }
  /// A field as a number of tokens, 0 to kMaxTokens.
  int tokens(std::size_t column) const;

  [[noreturn]] void fail(std::size_t column, const std::string& seen,
                         const std::string& wanted) const;
  [[noreturn]] void fail_header(std::size_t column, const std::string& key, const std::string& seen,
                                const std::string& wanted) const;

 private:
  void split();
  /// Takes the quotes off the field that starts at `at`; returns the position behind it.
  std::size_t unquote(std::size_t at);
  Place place(std::size_t column) const;

  LineReader reader_;
  std::string line_;
  std::string unquoted_;
  std::vector<std::string> header_;
  std::vector<std::string_view> fields_;
};

}  // namespace abgate::dataset
