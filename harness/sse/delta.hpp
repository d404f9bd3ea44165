#pragma once
// One JSON object of the OpenAI API, chunk or whole answer → what it adds to the answer.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/record.hpp"

namespace abgate::sse {

/// An error as the endpoint worded it, whatever the envelope: {"error": {…}}, {"error": "…"}, a
/// flat object with "message", {"detail": …}.
struct ApiError {
  std::string type;
  std::string code;  ///< number or string; empty: none
  std::string message;
};

struct Delta {
  bool payload = false;  ///< text, content, reasoning or a tool call, not empty
  bool choice = false;   ///< `choices` had an entry
  std::optional<std::string> finish_reason;
  std::optional<Usage> usage;
  std::optional<ApiError> error;
  std::vector<ScoredToken>* tokens = nullptr;  ///< takes log-probabilities; null: not wanted
  std::string token_error;                     ///< why those that came cannot be used
};

/// Reads JSON documents; keeps its buffers between them. Not thread-safe.
class DeltaReader {
 public:
  DeltaReader();
  ~DeltaReader();

  enum class Status {
    ok,
    repaired,   ///< ok after ill-formed UTF-8 or lone surrogates were replaced
    malformed,  ///< no JSON object
  };

  /// Reads `json` and appends the answer's text in it to `text`. `readable` bytes after the end of
  /// `json` may be read (their values do not matter); enough of them save a copy.
  Status read(std::string_view json, std::size_t readable, bool chat, Delta& delta,
              std::string& text);

  /// Reads the error in the body of a failed request: any envelope, else the text itself. `always`:
  /// an object without a known envelope is an error too, quoted as it is.
  std::optional<ApiError> read_error(std::string_view body, bool always);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace abgate::sse
