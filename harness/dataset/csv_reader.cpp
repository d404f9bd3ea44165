#include "dataset/csv_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataset/fields.hpp"

namespace abgate::dataset {

CsvReader::CsvReader(LineReader reader) : reader_(std::move(reader)) {
  skip_byte_order_mark(reader_);
  do {
    if (!reader_.next(line_)) {
      throw DataError({reader_.path()}, "", "an empty file", "a header and rows");
    }
  } while (blank(line_));
  split();
  header_.assign(fields_.begin(), fields_.end());
}

std::optional<std::size_t> CsvReader::find(std::string_view name) const {
  const auto it = std::find(header_.begin(), header_.end(), name);
  if (it == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(it - header_.begin());
}

bool CsvReader::next() {
  do {
    if (!reader_.next(line_)) return false;
  } while (blank(line_));
  split();
  if (fields_.size() < header_.size()) {
    fail(fields_.size(), fmt::format("a row of {} columns", fields_.size()),
         fmt::format("{} as in the header", header_.size()));
  }
  if (fields_.size() > header_.size()) {
    throw DataError(place(header_.size()), "", fmt::format("a row of {} columns", fields_.size()),
                    fmt::format("{} as in the header", header_.size()));
  }
  return true;
}

int CsvReader::tokens(std::size_t column) const {
  const std::optional<int> value = whole_number(fields_[column], kMaxTokens);
  if (!value) {
    fail(column, fields_[column].empty() ? "nothing" : std::string(fields_[column]),
         fmt::format("a whole number from 0 to {}", kMaxTokens));
  }
  return *value;
}

void CsvReader::split() {
  if (const std::size_t at = invalid_utf8(line_); at != std::string::npos) {
    const auto column = std::count(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(at),
                                   ',');
    throw DataError(place(static_cast<std::size_t>(column)), "",
                    fmt::format("invalid UTF-8 at byte {}", at + 1), "text");
  }
  fields_.clear();
  unquoted_.clear();
  unquoted_.reserve(line_.size());  // views into it stay valid
  std::size_t at = 0;
  for (;;) {
    if (at < line_.size() && line_[at] == '"') {
      at = unquote(at + 1);
    } else {
      const std::size_t end = std::min(line_.find(',', at), line_.size());
      fields_.push_back(std::string_view(line_).substr(at, end - at));
      at = end;
    }
    if (at == line_.size()) return;
    ++at;  // the comma
  }
}

std::size_t CsvReader::unquote(std::size_t at) {
  const std::size_t begin = unquoted_.size();
  for (;; ++at) {
    if (at == line_.size()) {
      throw DataError(place(fields_.size()), "", "a quoted field that is not closed in its line",
                      "a closing \"");
    }
    if (line_[at] == '"') {
      const bool doubled = at + 1 < line_.size() && line_[at + 1] == '"';
      if (!doubled) break;
      ++at;
    }
    unquoted_ += line_[at];
  }
  ++at;
  if (at < line_.size() && line_[at] != ',') {
    throw DataError(place(fields_.size()), "", "text behind a closing quote", "a comma");
  }
  fields_.push_back(std::string_view(unquoted_).substr(begin));
  return at;
}

Place CsvReader::place(std::size_t column) const {
  return {reader_.path(), reader_.line(), static_cast<int>(column) + 1};
}

void CsvReader::fail(std::size_t column, const std::string& seen, const std::string& wanted) const {
  throw DataError(place(column), header_[column], seen, wanted);
}

void CsvReader::fail_header(std::size_t column, const std::string& key, const std::string& seen,
                            const std::string& wanted) const {
  throw DataError(place(column), key, seen, wanted);
}

}  // namespace abgate::dataset
