#include "sse/event_fields.hpp"

#include <cstring>

namespace abgate::sse {

namespace {

/// Takes the first line off `rest`; LF, CRLF and CR end it.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = line_end(rest, 0);
  const std::string_view line = rest.substr(0, end);
  if (end == rest.size()) {
    rest = {};
    return line;
  }
  const bool crlf = rest.substr(end, 2) == "\r\n";
  rest.remove_prefix(end + (crlf ? 2 : 1));
  return line;
}

struct Field {
  std::string_view name, value;
};

Field split_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {line, {}};
  std::string_view value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  return {line.substr(0, colon), value};
}

void add_data(EventFields& fields, std::string_view value, std::string& scratch) {
  if (!fields.has_data) {
    fields.data = value;
    fields.has_data = true;
    return;
  }
  if (fields.data.data() != scratch.data() || fields.data.size() != scratch.size()) {
    scratch.assign(fields.data);
  }
  scratch.append("\n").append(value);
  fields.data = scratch;
}

}  // namespace

EventFields read_fields(std::string_view event, std::string& scratch) {
  constexpr std::string_view kBom = "\xEF\xBB\xBF";
  if (event.starts_with(kBom)) event.remove_prefix(kBom.size());
  EventFields fields;
  scratch.clear();
  while (!event.empty()) {
    const Field field = split_field(take_line(event));
    if (field.name == "data") {
      add_data(fields, field.value, scratch);
    } else if (field.name == "error") {
      fields.has_error = true;
      fields.error = field.value;
    } else if (field.name == "event") {
      fields.type = field.value;
    } else if (!field.name.empty() && field.name != "id" && field.name != "retry") {
      continue;
    }
    fields.known = true;
  }
  return fields;
}

// Two calls of memchr are many times faster than a search for a set of characters.
std::size_t line_end(std::string_view text, std::size_t at) {
  const char* begin = text.data() + at;
  std::size_t length = text.size() - at;
  for (const char end : {'\n', '\r'}) {
    if (const void* found = std::memchr(begin, end, length)) {
      length = static_cast<std::size_t>(static_cast<const char*>(found) - begin);
    }
  }
  return at + length;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace abgate::sse
