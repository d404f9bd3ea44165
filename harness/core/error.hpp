#pragma once
// Errors of the user's input or environment. What an endpoint does is data (see Outcome), never
// thrown. Every error carries one clear line and the exit code; `cli` catches once.

#include <stdexcept>
#include <string>
#include <string_view>

#include "core/exit_code.hpp"

namespace abgate {

/// Base of all errors that end the program with one line on stderr.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// A place in a user's file. `line` and `column` count from 1; 0 means unknown. For row formats
/// (CSV, JSONL) `line` is the row and `column` the column or field position.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

/// "file:line:column" without the parts that are unknown.
std::string to_string(const Place& place);

/// A scenario (exit 78): `file:line:column: key: saw …, want …`.
class ScenarioError : public Error {
 public:
  ScenarioError(const Place& place, const std::string& key, const std::string& seen,
                const std::string& wanted);
};

/// Input data other than a scenario (exit 65), in the same one-line form.
class DataError : public Error {
 public:
  DataError(const Place& place, const std::string& key, const std::string& seen,
            const std::string& wanted);
};

/// Builds the one line of both errors above; `seen` is shortened to 120 bytes and made printable.
std::string describe(const Place& place, const std::string& key, const std::string& seen,
                     const std::string& wanted);

/// Replaces control bytes and cuts after `max_bytes` (on a UTF-8 boundary, with "…").
std::string printable(std::string_view text, std::size_t max_bytes);

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace abgate

/// A bug if it fails; kept in release builds.
#define ABGATE_ASSERT(expression) \
  ((expression) ? void(0) : ::abgate::assertion_failed(#expression, __FILE__, __LINE__))
