#pragma once
// Writes one raw file while its cell runs.

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "core/record.hpp"
#include "store/files.hpp"
#include "store/gzip.hpp"
#include "store/redact.hpp"

namespace abgate::store {

/// Appends records to <path>.part; finish() makes it <path>. Killed at any moment, the file stays
/// readable up to the last flush. Not thread-safe.
class CellWriter {
 public:
  /// `cell`: its identity and load are written, its requests are not.
  CellWriter(std::string path, const CellRecord& cell, Redactor redact = {});
  CellWriter(CellWriter&&) = default;
  ~CellWriter() = default;

  /// Writes one request, and makes everything readable if `kFlushEvery` has passed since it last
  /// did.
  void append(const RequestRecord& record, TimePoint now);
  /// The same without a request; for quiet times.
  void flush_if_due(TimePoint now);
  /// Writes the end line (times, health, counts of `cell`), syncs, renames. Nothing may follow.
  void finish(const CellRecord& cell);

  static constexpr Duration kFlushEvery = std::chrono::seconds(1);

 private:
  void write(const std::string& line);
  AppendFile file_;
  std::unique_ptr<GzipEncoder> encoder_;
  Redactor redact_;
  std::string pending_;  ///< compressed, not yet in the file
  bool dirty_ = true;    ///< something was written since the last flush
  TimePoint flushed_{};
  std::map<std::string, std::size_t> counts_;
};

}  // namespace abgate::store
