#pragma once
// One event's raw lines → its fields.

#include <cstddef>
#include <string>
#include <string_view>

namespace abgate::sse {

/// What the lines of an event say. The views point into the event or into the scratch string.
struct EventFields {
  bool has_data = false;
  std::string_view data;   ///< data lines joined with LF
  bool has_error = false;  ///< an `error:` line (llama-server before 2025-06)
  std::string_view error;
  std::string_view type;  ///< `event:` line
  bool known = false;     ///< any line that SSE defines, a comment included
};

/// `scratch` is used only when several data lines must be joined; it must outlive the result.
EventFields read_fields(std::string_view event, std::string& scratch);

/// Position of the first LF or CR at or after `at`; text.size() if there is none.
std::size_t line_end(std::string_view text, std::size_t at);

/// `text` without ASCII white space around it.
std::string_view trim(std::string_view text);

}  // namespace abgate::sse
