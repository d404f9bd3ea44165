#pragma once
// An endpoint that generates nothing: it sends events at a given pace, each with the moment at which
// it was written. What a client's stamps differ from these is the error of the client and the
// machine.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/record.hpp"
#include "core/time.hpp"

namespace abgate::http {

/// Speaks enough of the completions API for the engine: POST with "max_tokens", answered by so many
/// events of about 300 bytes, one HTTP chunk and one write each. The text of an event is the
/// server's clock (core/time.hpp, same host) in kStampDigits decimal digits, read right before the
/// write.
class NullEndpoint {
 public:
  static constexpr std::size_t kStampDigits = 20;

  /// Listens on loopback. `events_per_second`: of each stream, the streams' phases spread evenly;
  /// 0: all events of an answer at once. `port` 0: any; several endpoints of one user may have another
  /// one together, the kernel spreads the connections over them. Throws Error(internal) if it cannot listen.
  explicit NullEndpoint(double events_per_second, std::uint16_t port = 0);
  ~NullEndpoint();
  NullEndpoint(const NullEndpoint&) = delete;
  NullEndpoint& operator=(const NullEndpoint&) = delete;

  std::uint16_t port() const;
  /// Base URL.
  std::string url() const;
  /// Answers until stop(); on a thread of the caller's. Once.
  void serve();
  /// Any thread.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Receipt minus sending of each event of an answer of a NullEndpoint, in order. Empty unless the
/// record's text holds exactly one stamp an event.
std::vector<Duration> stamp_errors(const RequestRecord& record);

/// Differences between the received and the sent gaps of the same events. Empty if stamp_errors is.
std::vector<Duration> gap_errors(const std::vector<Duration>& stamp_errors);

}  // namespace abgate::http
