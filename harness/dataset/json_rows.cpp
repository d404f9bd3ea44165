#include "dataset/json_rows.hpp"

#include <fmt/format.h>

#include "dataset/fields.hpp"

namespace abgate::dataset {

namespace {

/// Where an element of an array ends, fed piece by piece.
class ElementScan {
 public:
  /// How much of `piece` still belongs to the element; less than all of it once it has ended.
  std::size_t feed(std::string_view piece) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const char c = piece[i];
      if (in_string_) {
        if (escaped_) {
          escaped_ = false;
        } else if (c == '\\') {
          escaped_ = true;
        } else if (c == '"') {
          in_string_ = false;
        }
      } else if (c == '"') {
        in_string_ = true;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if (c == '}' || c == ']') {
        if (depth_ == 0) return i;
        --depth_;
      } else if (c == ',' && depth_ == 0) {
        return i;
      }
    }
    return piece.size();
  }

 private:
  std::size_t depth_ = 0;
  bool in_string_ = false, escaped_ = false;
};

}  // namespace

JsonRows::JsonRows(const std::string& path) : JsonRows(LineReader(path)) {}

JsonRows::JsonRows(LineReader reader) : reader_(std::move(reader)) {
  skip_byte_order_mark(reader_);
  // Blank lines in front of an array would lose their count, but an array has none.
  std::string_view ahead = reader_.peek();
  ahead = ahead.substr(0, ahead.find_first_not_of(" \t\r\n\v\f"));
  array_ = reader_.peek().substr(ahead.size()).starts_with('[');
  if (array_) reader_.skip(ahead.size() + 1);
}

std::optional<JsonRow> JsonRows::next() {
  if (array_) return next_element();
  while (reader_.next(text_)) {
    if (!blank(text_)) return JsonRow({reader_.path(), reader_.line()}, text_);
  }
  return std::nullopt;
}

std::optional<JsonRow> JsonRows::next_element() {
  if (!read_element()) return std::nullopt;
  return JsonRow({reader_.path(), elements_}, text_);
}

bool JsonRows::read_element() {
  if (closed_) return false;
  const char first = peek_byte();
  const bool ends = first == ']' && elements_ == 0;  // "[]"
  ++elements_;
  text_.clear();
  if (!ends) {
    ElementScan scan;
    for (;;) {
      const std::string_view piece = reader_.peek();
      if (piece.empty()) fail("a broken JSON array: the file ends within it", "a closing ]");
      const std::size_t taken = scan.feed(piece);
      if (text_.size() + taken > kMaxLineBytes) {
        fail(fmt::format("an object above {} bytes", kMaxLineBytes), "smaller objects");
      }
      text_.append(piece.substr(0, taken));
      const bool done = taken < piece.size();
      reader_.skip(taken);
      if (done) break;
    }
  }
  const char end = reader_.peek()[0];
  reader_.skip(1);
  if (end == '}') fail("a broken JSON array: a } too many", "JSON objects");
  if (end == ']') {
    closed_ = true;
    if (peek_byte() != '\0' || !reader_.peek().empty()) fail("text behind the array", "its end");
  }
  return !ends;
}

char JsonRows::peek_byte() {
  for (;;) {
    const std::string_view ahead = reader_.peek();
    if (ahead.empty()) return '\0';
    const std::size_t at = ahead.find_first_not_of(" \t\r\n\v\f");
    if (at != std::string_view::npos) {
      reader_.skip(at);
      return ahead[at];
    }
    reader_.skip(ahead.size());
  }
}

void JsonRows::fail(const std::string& seen, const std::string& wanted) const {
  throw DataError({reader_.path(), elements_}, "", seen, wanted);
}

void for_each_row(const std::string& path, const std::function<void(const JsonRow&)>& on_row) {
  JsonRows rows(path);
  while (const auto row = rows.next()) on_row(*row);
}

}  // namespace abgate::dataset
