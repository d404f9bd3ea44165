#pragma once
// A service on a virtual clock with recorded responses: no sockets, no waiting.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vllmsim/service.hpp"

namespace abgate::sim::test {

inline constexpr std::int64_t kUnixSeconds = 1763562000;

/// Records what a client would have received.
struct RecordedExchange : Exchange {
  void write(std::string_view bytes) override {
    received += bytes;
    writes.emplace_back(bytes);
    if (now) at.push_back(now());
  }
  bool backed_up() const override { return slow; }
  void finish(bool keep_alive) override {
    finished = true;
    kept_alive = keep_alive;
  }
  void reset() override { was_reset = true; }
  bool over() const { return finished || was_reset; }

  int status() const { return std::stoi(received.substr(9, 3)); }
  std::string head() const { return received.substr(0, received.find("\r\n\r\n") + 4); }
  std::string raw_body() const { return received.substr(received.find("\r\n\r\n") + 4); }
  /// Undoes chunked transfer coding where there is one.
  std::string body() const;
  /// The payloads of all `data:` events.
  std::vector<std::string> events() const;

  std::string received;
  std::vector<std::string> writes;
  std::vector<TimePoint> at;  ///< of each write
  Clock now;
  bool slow = false;  ///< pretend that earlier bytes wait
  bool finished = false, kept_alive = false, was_reset = false;
};

/// A model without jitter, so that times are exact.
Profile exact_profile(const std::string& name);

class VirtualServer {
 public:
  explicit VirtualServer(Profile profile, FaultSpec faults = {}, AnswerBook answers = {},
                         std::string api_key = "", std::string truth_path = "");

  std::shared_ptr<RecordedExchange> send(HttpRequest request);
  /// POST with a JSON body.
  std::shared_ptr<RecordedExchange> post(const std::string& path, const std::string& body,
                                         const std::string& request_id = "");
  std::shared_ptr<RecordedExchange> get(const std::string& path);
  /// post() and run until the response is complete.
  std::shared_ptr<RecordedExchange> ask(const std::string& path, const std::string& body,
                                        const std::string& request_id = "");
  /// Lets time pass from event to event until nothing is left to do or the limit is reached.
  void run(Duration limit = std::chrono::hours(1));
  /// Lets exactly this much time pass.
  void run_for(Duration duration);
  std::string metrics();
  /// Value of the sample whose line starts with `name` (up to the space).
  double metric(const std::string& name);

  TimePoint time{std::chrono::seconds(1000)};
  std::unique_ptr<Service> service;
};

}  // namespace abgate::sim::test
