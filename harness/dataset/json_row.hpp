#pragma once
// One JSON object of a data file, read field by field; whatever is wrong becomes one line with
// file, line and field.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace abgate::dataset {

/// Longest text of a field: about a million tokens, beyond any context.
inline constexpr std::size_t kMaxFieldBytes = std::size_t{4} << 20;

/// Deepest nesting of a row; beyond it a writer of JSON would run out of stack.
inline constexpr int kMaxDepth = 64;

class JsonRow {
 public:
  /// Parses one line. Throws DataError (column: the byte) if it is no JSON object, not UTF-8, nested
  /// deeper than kMaxDepth or holds a number beyond a double.
  JsonRow(Place place, const std::string& text);

  [[noreturn]] void fail(const std::string& key, const std::string& seen,
                         const std::string& wanted) const;
  const Place& place() const;
  /// Present and not null.
  bool has(const char* key) const;

  std::string text(const char* key, bool required, bool may_be_empty = true) const;
  /// The first of these fields that is there.
  std::string any_text(std::initializer_list<const char*> keys, bool required) const;
  /// A whole number or a string, as text.
  std::string label(const char* key) const;
  int whole(const char* key, int low, int high) const;
  double number(const char* key, double otherwise) const;
  /// A number that has to be there, from `low` to `high`.
  double number_within(const char* key, double low, double high) const;
  /// A list of whole numbers from 0 to 2^32 - 1; fails if the field is missing.
  std::vector<std::uint32_t> ids(const char* key) const;
  std::vector<std::string> texts(const char* key, bool may_hold_empty = false) const;
  std::vector<std::pair<std::string, std::string>> messages(const char* key) const;
  /// An object within; fails if it is none.
  JsonRow object(const char* key) const;
  /// A list of objects; empty if the field is missing.
  std::vector<JsonRow> objects(const char* key) const;
  /// The field's value as ASCII JSON; "null" if it is missing.
  std::string json(const char* key) const;
  /// A text as an ASCII JSON string.
  static std::string ascii_json(const std::string& text);
  /// Fails on any field not listed.
  void only(std::initializer_list<std::string_view> known) const;

 private:
  struct Value;
  JsonRow(Place place, std::shared_ptr<const Value> value);

  Place place_;
  std::shared_ptr<const Value> value_;
};

}  // namespace abgate::dataset
