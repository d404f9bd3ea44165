#include "dataset/lengths.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "dataset/fields.hpp"
#include "dataset/line_reader.hpp"

namespace abgate::dataset {

namespace {

constexpr std::size_t kMaxLengths = 10'000'000;

}  // namespace

std::vector<int> read_lengths(const std::string& path) {
  LineReader reader(path);
  skip_byte_order_mark(reader);
  std::vector<int> out;
  std::string line;
  while (reader.next(line)) {
    const std::string_view text = trimmed(line);
    if (text.empty()) continue;
    const std::optional<int> value = whole_number(text, kMaxTokens);
    if (!value || *value == 0) {
      const bool readable = invalid_utf8(text) == std::string_view::npos;
      throw DataError({path, reader.line(), 1}, "", readable ? std::string(text) : "invalid UTF-8",
                      fmt::format("a whole number of tokens from 1 to {}", kMaxTokens));
    }
    if (out.size() == kMaxLengths) {
      throw DataError({path, reader.line()}, "", fmt::format("more than {} lengths", kMaxLengths),
                      "a smaller sample");
    }
    out.push_back(*value);
  }
  if (out.empty()) throw DataError({path}, "", "an empty file", "one length a line");
  return out;
}

}  // namespace abgate::dataset
