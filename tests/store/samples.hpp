#pragma once
// Records to store, and a folder to store them in.

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "core/record.hpp"
#include "core/rng.hpp"

namespace abgate::test {

/// A folder that vanishes with the test.
class TempFolder {
 public:
  TempFolder() {
    static int count = 0;
    path_ = (std::filesystem::temp_directory_path() /
             ("abgate-store-" + std::to_string(::getpid()) + "-" + std::to_string(++count)))
                .string();
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void spew(const std::string& path, const std::string& bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

inline bool same(const PlannedRequest& a, const PlannedRequest& b) {
  return a.index == b.index && a.phase == b.phase && a.item == b.item && a.repeat == b.repeat &&
         a.max_tokens == b.max_tokens && a.ignore_eos == b.ignore_eos && a.salt == b.salt &&
         a.due == b.due;
}

inline bool same(const StreamRecord& a, const StreamRecord& b) {
  return a.due == b.due && a.started == b.started && a.queued == b.queued &&
         a.headers == b.headers && a.first_byte == b.first_byte && a.events == b.events &&
         a.finish == b.finish && a.closed == b.closed && a.connect == b.connect &&
         a.reused_connection == b.reused_connection && a.counts_known == b.counts_known;
}

inline bool same(const RequestRecord& a, const RequestRecord& b) {
  return a.arm == b.arm && a.request_id == b.request_id && a.prompt_id == b.prompt_id &&
         same(a.planned, b.planned) && same(a.stream, b.stream) && a.outcome == b.outcome &&
         a.usage == b.usage && a.text == b.text && a.chunks == b.chunks && a.bytes == b.bytes &&
         a.invalid_utf8 == b.invalid_utf8 && a.raw_sample == b.raw_sample &&
         a.token_error == b.token_error &&
         std::equal(a.tokens.begin(), a.tokens.end(), b.tokens.begin(), b.tokens.end(),
                    [](const ScoredToken& x, const ScoredToken& y) {
                      return x.id == y.id && x.text == y.text && x.logprob == y.logprob &&
                             x.top == y.top;
                    });
}

inline bool same(const LoadPoint& a, const LoadPoint& b) {
  return a.id == b.id && a.arrival == b.arrival && a.concurrency == b.concurrency &&
         a.rate == b.rate && a.burstiness == b.burstiness && a.requests == b.requests &&
         a.duration == b.duration && a.warmup_requests == b.warmup_requests;
}

inline bool same(const CellHealth& a, const CellHealth& b) {
  return a.loops == b.loops && a.loop_turns == b.loop_turns && a.loop_lag_p50 == b.loop_lag_p50 &&
         a.loop_lag_p99 == b.loop_lag_p99 && a.loop_lag_max == b.loop_lag_max &&
         a.schedule_lag_p50 == b.schedule_lag_p50 && a.schedule_lag_p99 == b.schedule_lag_p99 &&
         a.schedule_lag_max == b.schedule_lag_max && a.client_cpu == b.client_cpu &&
         a.max_starts_per_turn == b.max_starts_per_turn && a.stale_retries == b.stale_retries &&
         a.wake_lag_p50 == b.wake_lag_p50 && a.wake_lag_p99 == b.wake_lag_p99 &&
         a.wake_lag_max == b.wake_lag_max && a.receive_queue_p99 == b.receive_queue_p99 &&
         a.receive_queue_max == b.receive_queue_max && a.recorder_stalls == b.recorder_stalls &&
         a.tcp == b.tcp;
}

inline bool same(const CellRecord& a, const CellRecord& b) {
  if (a.requests.size() != b.requests.size()) return false;
  for (std::size_t i = 0; i < a.requests.size(); ++i) {
    if (!same(a.requests[i], b.requests[i])) return false;
  }
  return a.point == b.point && a.kind == b.kind && a.block == b.block && a.arm == b.arm &&
         same(a.load, b.load) && a.begin == b.begin && a.measured_begin == b.measured_begin &&
         a.end == b.end && a.interrupted == b.interrupted && same(a.health, b.health);
}

/// A request as a vLLM server answers it: `tokens` events 40 ms apart after half a second.
inline RequestRecord plain_request(std::uint32_t index, std::size_t tokens = 20) {
  RequestRecord r;
  r.arm = Arm::candidate;
  r.request_id = "c8/003-candidate/" + std::to_string(index);
  r.prompt_id = "humaneval-" + std::to_string(index);
  r.planned.index = index;
  r.planned.max_tokens = 128;
  r.stream.started = r.stream.due = TimePoint{std::chrono::seconds(index + 1)};
  r.stream.headers = Duration{400'000'001};
  r.stream.first_byte = Duration{500'000'001};
  for (std::size_t i = 0; i < tokens; ++i) {
    r.stream.events.push_back({Duration{500'000'002 + static_cast<std::int64_t>(i) * 40'000'123},
                               static_cast<std::uint32_t>(i + 1), false});
  }
  if (!r.stream.events.empty()) r.stream.finish = r.stream.events.back().at;
  r.stream.closed = Duration{2'000'000'000};
  r.stream.counts_known = true;
  r.outcome = Completed{"stop"};
  r.usage = Usage{735, static_cast<std::int64_t>(tokens), 384};
  r.text = "def f(x):\n    return x | 1  # \"quoted\" \\ é 你 😀\n";
  r.chunks = static_cast<std::uint32_t>(tokens + 2);
  r.bytes = 4711;
  return r;
}

inline CellRecord plain_cell(std::size_t requests = 4, std::size_t tokens = 20) {
  CellRecord cell;
  cell.point = "c8";
  cell.block = 3;
  cell.arm = Arm::candidate;
  cell.load.id = "c8";
  cell.load.requests = requests;
  cell.begin = TimePoint{std::chrono::seconds(1)};
  cell.measured_begin = TimePoint{std::chrono::seconds(2)};
  cell.end = TimePoint{std::chrono::seconds(99)};
  cell.health.loops = 3;
  cell.health.loop_turns = 12345;
  cell.health.loop_lag_p99 = Duration{81'000};
  cell.health.client_cpu = 0.137;
  cell.health.wake_lag_p50 = Duration{11'000};
  cell.health.wake_lag_p99 = Duration{91'000};
  cell.health.wake_lag_max = Duration{93'000};
  cell.health.receive_queue_p99 = 612;
  cell.health.receive_queue_max = 70'001;
  cell.health.recorder_stalls = 2;
  cell.health.tcp = {4711, 4712, 3, 4, true};
  for (std::size_t i = 0; i < requests; ++i)
    cell.requests.push_back(plain_request(static_cast<std::uint32_t>(i), tokens));
  return cell;
}

}  // namespace abgate::test
