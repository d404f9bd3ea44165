#pragma once
// Turns finished streams into records on a thread of its own, so that the loop never parses.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/plan.hpp"
#include "core/record.hpp"
#include "load/runner.hpp"

namespace abgate::load {

using OnRecord = std::function<void(RequestRecord&&)>;

/// One worker behind a queue that is bounded in bytes. push() and post() belong to one producer
/// thread. What on_record or a posted function throws stops the work: failed() turns true and
/// finish() throws it.
class Recorder {
 public:
  /// `prompts` must outlive the recorder. `chat`: which API the answers speak. `max_queued_bytes`:
  /// a producer that is further ahead waits (see stalls()).
  Recorder(const std::vector<PlannedPrompt>& prompts, bool chat, OnRecord on_record,
           std::size_t max_queued_bytes = std::size_t{256} << 20U);
  /// Waits for the worker without throwing.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void push(FinishedRequest&& finished);
  /// Runs `work` on the worker, after what was pushed before.
  void post(std::function<void()> work);
  /// Waits until everything was handed over; throws what the callbacks threw. At most once.
  void finish();

  bool failed() const noexcept;
  /// How often the producer had to wait for room: above zero the machine is too slow for the load.
  std::uint64_t stalls() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The record of one finished request: decoded answer and outcome.
RequestRecord make_record(FinishedRequest&& finished, const std::vector<PlannedPrompt>& prompts,
                          bool chat);

}  // namespace abgate::load
