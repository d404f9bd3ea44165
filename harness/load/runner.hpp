#pragma once
// Drives one cell, or one loop's part of it: sends what the agenda says, stores what comes back,
// enforces the timeouts. Does no I/O and reads no clock: time is an argument, bytes come through
// TransferEvents.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/arm.hpp"
#include "core/plan.hpp"
#include "core/record.hpp"
#include "core/scenario.hpp"
#include "load/agenda.hpp"
#include "load/transport.hpp"
#include "sse/splitter.hpp"

namespace abgate::load {

/// What an arm brings to a cell.
struct RunnerArm {
  Arm arm = Arm::baseline;
  std::string id_prefix;  ///< a request's id is this and its index in the cell
  /// The body of a request; asked for once, when the request starts, so it should be ready made. From
  /// the thread of the loop that starts it.
  std::function<std::string(const PlannedRequest&)> body;
};

struct RunnerOptions {
  Timeouts timeouts;                       ///< `connect` is the transport's affair
  std::uint32_t max_starts_per_step = 50;  ///< more would hold up the reading of answers
  Duration drain =
      std::chrono::seconds(5);  ///< after stop(): how long requests in flight may finish
  std::size_t max_answer_bytes = std::size_t{64} << 20U;  ///< larger answers are abandoned
};

/// One request at its end, as the loop hands it over: nothing of `raw` is decoded yet.
struct FinishedRequest {
  /// arm, request_id, planned, stream.{due, started, queued, connect, reused_connection}; outcome
  /// is what transport or timeouts say, NotSent{} if the answer itself decides.
  RequestRecord record;
  sse::RawStream raw;
  bool sent = true;  ///< false: record.outcome is NotSent and there is no answer
};
using OnFinished = std::function<void(FinishedRequest&&)>;

/// Counters of one arm while a cell runs.
struct ArmProgress {
  std::uint32_t planned = 0;
  std::uint32_t done = 0;  ///< ended, failures included
  std::uint32_t in_flight = 0;
  std::uint32_t failed = 0;          ///< as far as the loop can tell: transport, timeout, status
  std::uint64_t events = 0;          ///< events received, about one a token
  std::optional<Duration> ttft_p50;  ///< of recent requests, from their first events: an estimate
};
using Progress = std::array<std::optional<ArmProgress>, kArmCount>;

/// What several loops report of one cell, added up; the medians are averaged.
Progress add(const Progress& a, const Progress& b);

/// What a cell leaves behind about one arm.
struct ArmSummary {
  TimePoint begin{};                    ///< first start
  TimePoint measured_begin{};           ///< equals `end` if it was never reached
  TimePoint end{};                      ///< last end
  std::vector<Duration> schedule_lags;  ///< open loop: start of the write - moment it was
                                        ///< startable, connecting not counted
  std::uint32_t retries = 0;  ///< requests that a transport sent again before any byte came
};
/// The summaries of an arm's parts; REQUIRES: not empty.
ArmSummary merge(std::vector<ArmSummary> parts);

/// Runs the arms of one cell at once. Not thread-safe: every call from one thread; several loops have
/// a Runner each. `transport` may call the TransferEvents at any time but from within start(). Cell,
/// agenda, transport and what the functions refer to must outlive it.
class Runner final : public TransferEvents {
 public:
  /// `agenda`: that of the whole cell, of which this is the part of loop number `loop`; nullptr: there
  /// is only this loop.
  Runner(const Cell& cell, std::vector<RunnerArm> arms, RunnerOptions options, Transport& transport,
         OnFinished on_finished, Agenda* agenda = nullptr, std::size_t loop = 0);
  ~Runner() override;

  /// Enforces timeouts and starts what is due. Returns when it wants to be called again at the
  /// latest
  /// (`now`: at once, after other events); it also wants to be called after events were delivered.
  TimePoint step(TimePoint now);
  /// Starts nothing any more; what is in flight may finish until `now + drain` and is cancelled
  /// then.
  void stop(TimePoint now);
  /// Everything has ended, of all loops; what was this one's was handed to on_finished.
  bool done() const { return finished_; }
  bool interrupted() const { return stop_at_.has_value(); }

  /// Of this loop's requests; `planned` is the cell's.
  Progress progress() const;
  /// Of this loop's requests; measured_begin is the cell's.
  ArmSummary take_summary(Arm arm);
  std::uint32_t max_starts_per_step() const { return max_starts_; }

  void on_sent(RequestKey key, TimePoint at, bool reused, Duration connect) override;
  void on_headers(RequestKey key, TimePoint at, int status, std::string_view content_type) override;
  void on_bytes(RequestKey key, TimePoint at, std::string_view bytes, bool same_read) override;
  void on_done(RequestKey key, TimePoint at, const TransferEnd& end) override;

 private:
  struct Active;
  struct ArmState;

  void start(const Agenda::Start& start, TimePoint now);
  void expire(TimePoint now);
  TimePoint deadline(const Active& active) const;
  std::optional<Stage> stage_over(const Active& active, TimePoint now) const;
  void abort(RequestKey key, TimePoint now, Outcome outcome);
  void finish(RequestKey key, TimePoint at, Outcome outcome);
  std::unique_ptr<Active> take(RequestKey key);
  void report_unsent(Agenda::Unsent&& left);
  Active* find(RequestKey key);

  const Cell& cell_;
  RunnerOptions options_;
  Transport& transport_;
  OnFinished on_finished_;
  std::unique_ptr<Agenda> own_agenda_;  ///< of a cell that is driven by one loop
  Agenda& agenda_;
  std::size_t loop_;
  std::vector<std::unique_ptr<ArmState>> arms_;
  std::vector<std::unique_ptr<Active>> active_;  ///< by key
  std::vector<RequestKey> live_;                 ///< keys in flight, unordered
  std::vector<RequestKey> oversized_;
  TimePoint next_sweep_ = TimePoint::max();  ///< no deadline lies before it
  std::optional<TimePoint> stop_at_;
  std::uint32_t max_starts_ = 0;
  bool finished_ = false;
};

}  // namespace abgate::load
