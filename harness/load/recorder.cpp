#include "load/recorder.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "core/error.hpp"
#include "sse/record_builder.hpp"

namespace abgate::load {

RequestRecord make_record(FinishedRequest&& finished, const std::vector<PlannedPrompt>& prompts,
                          bool chat) {
  RequestRecord record = std::move(finished.record);
  ABGATE_ASSERT(record.planned.item < prompts.size());
  record.prompt_id = prompts[record.planned.item].id;
  if (finished.sent) {
    finished.raw.join();
    sse::build_record(finished.raw, chat, record);
  }
  return record;
}

struct Recorder::State {
  using Work = std::variant<FinishedRequest, std::function<void()>>;

  State(const std::vector<PlannedPrompt>& all_prompts, bool is_chat, OnRecord callback,
        std::size_t max_queued_bytes)
      : prompts(all_prompts),
        chat(is_chat),
        on_record(std::move(callback)),
        max_bytes(max_queued_bytes) {}

  const std::vector<PlannedPrompt>& prompts;
  bool chat;
  OnRecord on_record;
  std::size_t max_bytes;
  std::mutex mutex;
  std::condition_variable work_came;
  std::condition_variable room_came;
  std::deque<Work> queue;
  std::size_t queued_bytes = 0;
  bool closing = false;
  std::exception_ptr error;
  std::atomic<bool> failed{false};
  std::uint64_t stalls = 0;  ///< producer's thread only
  std::thread worker;

  static std::size_t size_of(const Work& work) {
    const auto* finished = std::get_if<FinishedRequest>(&work);
    return finished ? sizeof(Work) + finished->raw.size() +
                          finished->raw.events.size() * sizeof(sse::StampedEvent)
                    : sizeof(Work);
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      work_came.wait(lock, [&] { return closing || !queue.empty(); });
      if (queue.empty()) return;
      std::deque<Work> batch = std::exchange(queue, {});
      lock.unlock();
      for (Work& work : batch) {
        const std::size_t bytes = size_of(work);
        handle(work);
        lock.lock();
        queued_bytes -= bytes;
        lock.unlock();
        room_came.notify_one();
      }
      lock.lock();
    }
  }

  // After a failure the rest is dropped, so that the producer never waits for room in vain.
  void handle(Work& work) noexcept {
    if (failed.load(std::memory_order_relaxed)) return;
    try {
      if (auto* finished = std::get_if<FinishedRequest>(&work)) {
        on_record(make_record(std::move(*finished), prompts, chat));
      } else {
        std::get<std::function<void()>>(work)();
      }
    } catch (...) {
      error = std::current_exception();
      failed.store(true, std::memory_order_release);
    }
  }

  void enqueue(Work&& work) {
    const std::size_t bytes = size_of(work);
    bool was_empty = false;
    {
      std::unique_lock lock(mutex);
      if (queued_bytes > max_bytes) {
        ++stalls;
        room_came.wait(lock, [&] { return queued_bytes <= max_bytes; });
      }
      was_empty = queue.empty();
      queued_bytes += bytes;
      queue.push_back(std::move(work));
    }
    if (was_empty) work_came.notify_one();
  }

  void close() {
    {
      const std::scoped_lock lock(mutex);
      closing = true;
    }
    work_came.notify_one();
    if (worker.joinable()) worker.join();
  }
};

Recorder::Recorder(const std::vector<PlannedPrompt>& prompts, bool chat, OnRecord on_record,
                   std::size_t max_queued_bytes)
    : state_(std::make_unique<State>(prompts, chat, std::move(on_record), max_queued_bytes)) {
  state_->worker = std::thread([state = state_.get()] { state->run(); });
}

Recorder::~Recorder() {
  state_->close();
}

void Recorder::push(FinishedRequest&& finished) {
  state_->enqueue(std::move(finished));
}

void Recorder::post(std::function<void()> work) {
  state_->enqueue(std::move(work));
}

void Recorder::finish() {
  state_->close();
  if (state_->error) std::rethrow_exception(std::exchange(state_->error, nullptr));
}

bool Recorder::failed() const noexcept {
  return state_->failed.load(std::memory_order_acquire);
}

std::uint64_t Recorder::stalls() const noexcept {
  return state_->stalls;
}

}  // namespace abgate::load
