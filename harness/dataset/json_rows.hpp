#pragma once
// The JSON objects of a file, one after the other, in constant memory: JSON Lines or one array.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "dataset/json_row.hpp"
#include "dataset/line_reader.hpp"

namespace abgate::dataset {

/// Not thread-safe. Plain or gz; a byte order mark is skipped. A row's place is its line, or in an
/// array the number of the object, from 1.
class JsonRows {
 public:
  explicit JsonRows(const std::string& path);
  /// Goes on where `reader` stands, which has handed out no line yet.
  explicit JsonRows(LineReader reader);

  /// The next object; nothing at the end. Throws DataError on broken JSON, an object above
  /// kMaxLineBytes, and an array that is not closed or has something behind it.
  std::optional<JsonRow> next();
  const std::string& path() const { return reader_.path(); }

 private:
  std::optional<JsonRow> next_element();
  /// The text of one element into `text_`; false behind the last one.
  bool read_element();
  /// The next byte that is no white space, not taken; '\0' at the end.
  char peek_byte();
  [[noreturn]] void fail(const std::string& seen, const std::string& wanted) const;

  LineReader reader_;
  std::string text_;
  bool array_ = false;
  bool closed_ = false;
  int elements_ = 0;
};

/// Calls `on_row` for each of them.
void for_each_row(const std::string& path, const std::function<void(const JsonRow&)>& on_row);

}  // namespace abgate::dataset
