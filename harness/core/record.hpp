#pragma once
// Everything known about one request. Written to the run folder before anything is computed from
// it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/arm.hpp"
#include "core/plan.hpp"
#include "core/scored_token.hpp"
#include "core/time.hpp"

namespace abgate {

/// Token counts by the server.
struct Usage {
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::optional<std::int64_t> cached_tokens;
  friend bool operator==(const Usage&, const Usage&) = default;
};

enum class Stage : std::uint8_t { connect, first_token, idle, total };

// How a request ended: a closed set. What the endpoint did is data.
struct Completed {  ///< HTTP 200, finish_reason seen, no error event, at least one token
  std::string finish_reason;
  friend bool operator==(const Completed&, const Completed&) = default;
};
struct HttpError {  ///< a status other than 200, or an error object in a 200 that is no stream
  int status = 0;
  std::string type;
  std::string message;
  friend bool operator==(const HttpError&, const HttpError&) = default;
};
struct TransportError {  ///< nothing that HTTP could express: refused, reset, TLS, DNS
  std::string what;      ///< "connect" | "dns" | "tls" | "reset" | "send" | "protocol" | "other"
  std::string message;
  bool ours = false;  ///< a fault of this machine (file descriptors, ports): voids, is not counted
                      ///< as theirs
  friend bool operator==(const TransportError&, const TransportError&) = default;
};
struct StreamError {  ///< HTTP 200 and a stream that went wrong
  std::string
      what;  ///< "error_event" | "truncated" | "empty" | "malformed" | "not_sse" | "aborted"
  std::string message;
  friend bool operator==(const StreamError&, const StreamError&) = default;
};
struct TimedOut {
  Stage stage = Stage::total;
  friend bool operator==(const TimedOut&, const TimedOut&) = default;
};
struct Cancelled {  ///< by us: the run was interrupted
  friend bool operator==(const Cancelled&, const Cancelled&) = default;
};
struct NotSent {  ///< planned, never started
  std::string why;
  friend bool operator==(const NotSent&, const NotSent&) = default;
};
using Outcome =
    std::variant<Completed, HttpError, TransportError, StreamError, TimedOut, Cancelled, NotSent>;

/// "completed", "http_error", … : the outcome's class, used in files and reports.
std::string_view outcome_class(const Outcome& outcome);
/// One line: class and detail, e.g. "http_error 500 InternalServerError: …".
std::string describe(const Outcome& outcome);
inline bool succeeded(const Outcome& outcome) {
  return std::holds_alternative<Completed>(outcome);
}
/// Cancelled and NotSent were never attempts; transport errors marked `ours` do not count against
/// the endpoint.
bool counts_as_attempt(const Outcome& outcome);

/// One token-bearing event of a stream.
struct TokenEvent {
  Duration at{0};              ///< since `started`
  std::uint32_t tokens = 0;    ///< cumulative after this event; 0 where the server does not tell
  bool with_previous = false;  ///< arrived in the same read as the event before it
  friend bool operator==(const TokenEvent&, const TokenEvent&) = default;
};

/// Stamps are offsets from `started` (start of the request's write) unless said otherwise.
struct StreamRecord {
  TimePoint due{};      ///< intended send time; equals `started` in a closed loop
  TimePoint started{};  ///< start of the write on a ready connection
  Duration queued{0};   ///< started - due
  std::optional<Duration> headers;
  std::optional<Duration> first_byte;
  std::vector<TokenEvent> events;  ///< token-bearing events only
  std::optional<Duration> finish;  ///< event that carried finish_reason
  Duration closed{0};              ///< stream end, [DONE] included
  Duration connect{0};             ///< connect + TLS on a fresh connection, else 0
  bool reused_connection = false;
  bool counts_known = false;  ///< TokenEvent::tokens came from the server
};

/// One request: the plan's line, what happened, what was answered.
struct RequestRecord {
  Arm arm = Arm::baseline;
  std::string request_id;
  std::string prompt_id;
  PlannedRequest planned;
  StreamRecord stream;
  Outcome outcome = NotSent{};
  std::optional<Usage> usage;
  std::string text;           ///< generated text, all of it, as sent (valid UTF-8)
  std::uint32_t chunks = 0;   ///< data events seen, role and usage events included
  std::uint64_t bytes = 0;    ///< body bytes received
  bool invalid_utf8 = false;  ///< the text was repaired
  std::string raw_sample;     ///< failures only: up to 2 KiB of the body, for the report
  /// Every token of the answer in order, where log-probabilities were asked for and came; the one
  /// that ended it included, if the server shows it.
  std::vector<ScoredToken> tokens;
  std::string token_error;  ///< why there are none although some came; one line
};

/// What the kernel counted on one arm's connections while a cell ran (TCP_INFO).
struct TcpCounts {
  std::uint64_t segments_out = 0;
  std::uint64_t segments_in = 0;
  std::uint64_t retransmits = 0;   ///< segments that this machine had to send again
  std::uint64_t out_of_order = 0;  ///< received behind a gap: lost or reordered on the way here
  bool known = false;              ///< false: the kernel did not tell
  friend bool operator==(const TcpCounts&, const TcpCounts&) = default;
};

/// The larger of retransmits / segments_out and out_of_order / segments_in; 0 with fewer than five
/// such segments, which are chance whatever their share.
double lost_share(const TcpCounts& tcp);

/// The harness's own behaviour while a cell ran.
struct CellHealth {
  std::uint32_t loops = 1;  ///< event loops (threads) that drove the cell; the rest is of all of them
  std::uint64_t loop_turns = 0;
  Duration loop_lag_p50{0};  ///< wake-up to stamp
  Duration loop_lag_p99{0};
  Duration loop_lag_max{0};
  /// A timer a few milliseconds ahead, all the time: how late the loop's thread got to run. Sees
  /// other work on the same processor, which the lag since the wake-up does not.
  Duration wake_lag_p50{0};
  Duration wake_lag_p99{0};
  Duration wake_lag_max{0};
  Duration schedule_lag_p50{0};  ///< open loop: started - due, without waiting for a slot
  Duration schedule_lag_p99{0};
  Duration schedule_lag_max{0};
  double client_cpu = 0;  ///< CPU seconds of the busiest loop's thread / wall seconds
  std::uint32_t max_starts_per_turn = 0;
  std::uint32_t stale_retries =
      0;  ///< requests repeated on a fresh connection before any byte came
  std::uint64_t receive_queue_p99 = 0;  ///< bytes waiting in a socket when the loop read it
  std::uint64_t receive_queue_max = 0;
  std::uint64_t recorder_stalls = 0;  ///< times that the loop waited for the recording thread
  TcpCounts tcp;
};

/// One cell of one arm as it was run: the content of one raw file.
struct CellRecord {
  std::string point;
  CellKind kind = CellKind::load;
  std::uint32_t block = 0;
  Arm arm = Arm::baseline;
  LoadPoint load;
  TimePoint begin{};  ///< first send of the cell; zero of the run's clock is in the manifest
  TimePoint measured_begin{};  ///< first measured request may start
  TimePoint end{};
  bool interrupted = false;
  CellHealth health;
  std::vector<RequestRecord> requests;
};

}  // namespace abgate
