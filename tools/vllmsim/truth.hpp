#pragma once
// The ground truth of every request, one JSON object a line. Times are nanoseconds of
// CLOCK_MONOTONIC, the clock of any client on this host.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace abgate::sim {

struct TruthRecord {
  std::string request_id;              ///< X-Request-Id, or what the server made up
  std::optional<TimePoint> arrived;    ///< the kernel had its first bytes; before it was read
  TimePoint received{};                ///< the request was complete
  std::optional<TimePoint> queued;     ///< handed to the engine
  std::optional<TimePoint> scheduled;  ///< first step began
  std::vector<TimePoint> emitted;      ///< per output token: just before the write of its event
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;  ///< the engine's count; a client may have got fewer
  std::int64_t cached_tokens = 0;
  std::uint32_t preemptions = 0;
  int status = 0;       ///< HTTP
  std::string outcome;  ///< "stop", "length", "error", "aborted" (client left), "planted"
  std::string fault = "none";
  std::string item;      ///< suite item; empty: the prompt is unknown
  bool correct = false;  ///< meaningful with an item
};

std::string to_json_line(const TruthRecord& record);

/// Buffered append to a file; without a path everything is dropped. Not thread-safe.
class TruthLog {
 public:
  TruthLog() = default;
  /// Throws Error (unavailable) if the file cannot be written.
  explicit TruthLog(const std::string& path);
  void write(const TruthRecord& record);
  void flush();
  bool enabled() const { return file_ != nullptr; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace abgate::sim
