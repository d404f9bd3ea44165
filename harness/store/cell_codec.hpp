#pragma once
// The text of a raw file: one JSON object a line. The first line says which cell it is, the last
// one how it ended; each line between is one request. Stamps are integer nanoseconds of the
// monotonic clock; events are differences to the event before. What a field holds by default is
// left out.
//
//   {"abgate_cell":1,"point":"c8","kind":"load","block":3,"arm":"candidate","load":{…}}
//   {"id":"…","prompt":"…","index":0,…,"at":[512000000,15600000,…],"tok":1,"out":{"class":"completed",…},…}
//   … "tokens":{…}} of an answer with log-probabilities (store/token_codec.hpp), or "token_error"
//   {"end":1,"begin":…,"measured_begin":…,"ended":…,"health":{…},"requests":64,"outcomes":{"completed":64}}

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/record.hpp"
#include "store/redact.hpp"

namespace abgate::store {

/// Version of the raw files and of manifest.json.
inline constexpr int kFormat = 1;

/// Lines end in '\n'. Text that is not UTF-8 is kept byte by byte, as {"hex":"…"}.
std::string encode_header(const CellRecord& cell);
std::string encode_record(const RequestRecord& record, const Redactor& redact = {});
/// `counts`: outcome class to requests written.
std::string encode_end(const CellRecord& cell, const std::map<std::string, std::size_t>& counts);

/// Whether a reader wants the tokens of answers: most do not, and they are most of the memory.
enum class Tokens { read, skip };

/// Reads lines back. One per thread; keeps its memory between lines.
class CellDecoder {
 public:
  /// `path` is for messages.
  explicit CellDecoder(std::string path, Tokens tokens = Tokens::read);
  ~CellDecoder();
  CellDecoder(const CellDecoder&) = delete;
  CellDecoder& operator=(const CellDecoder&) = delete;

  /// Sets the identity of `cell`. Throws DataError, also for another format version.
  void header(std::string_view line, CellRecord& cell);
  /// Appends a request, or takes in the end line and returns true. `line` is followed by
  /// GzipLines::kPadding readable bytes. Throws DataError with file, line, key, seen and wanted.
  bool next(std::string_view line, int number, CellRecord& cell);

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string path_;
};

}  // namespace abgate::store
