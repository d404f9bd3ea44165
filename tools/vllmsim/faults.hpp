#pragma once
// Planted faults. Which request gets which is a function of the seed and its id: repeats are equal.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace abgate::sim {

/// Faults of which a request gets at most one.
enum class FaultKind : std::uint8_t {
  none,
  http500,       ///< status 500 at once
  unauthorized,  ///< status 401 whatever the key
  html,          ///< status 200 with a web page, as a proxy in between sends it
  slow_headers,  ///< headers after a delay
  stall_first,   ///< headers at once, first token after a delay
  stall_mid,     ///< pause in the middle of the tokens
  empty,         ///< status 200 and a stream without tokens
  truncate,      ///< stream ends in the middle, no finish_reason, no [DONE]
  error_event,   ///< error object inside the stream
  garbage,       ///< one event in the middle is no JSON
  reset,         ///< TCP reset in the middle
};
std::string_view to_string(FaultKind kind);

/// What one request gets.
struct RequestFaults {
  FaultKind kind = FaultKind::none;
  Duration delay{0};   ///< slow_headers, stall_first, stall_mid
  double where = 0.5;  ///< in (0, 1): position of a fault in the middle of the tokens
  bool split_utf8 =
      false;              ///< every event in two writes, cut inside a code point where there is one
  double merge = 0;       ///< probability that a token waits for the next one's event
  bool no_usage = false;  ///< the usage event that was asked for does not come
  std::uint64_t seed = 0;  ///< of further draws
  /// For the truth log: "none", "http500", "merge+split_utf8", …
  std::string describe() const;
};

struct FaultSpec {
  struct Entry {
    FaultKind kind = FaultKind::none;
    double probability = 0;
    Duration delay{0};
  };
  std::vector<Entry> exclusive;  ///< in the order of the text; the first that hits wins
  double split_utf8 = 0;         ///< probability per request
  double merge = 0;              ///< probability per token, of every request
  double no_usage = 0;           ///< probability per request
  std::optional<std::uint64_t> engine_death_after;  ///< requests accepted before the engine dies
  /// Requests accepted before another version and model root answer, without a restart: a redeploy
  /// behind the same address.
  std::optional<std::uint64_t> redeploy_after;
};

/// "http500=0.01,stall_mid=0.005:5s,engine_death=after:200". Throws ScenarioError that names the
/// entry.
FaultSpec parse_faults(std::string_view text);

/// Pure.
RequestFaults draw_faults(const FaultSpec& spec, std::uint64_t seed, std::string_view request_id);

}  // namespace abgate::sim
