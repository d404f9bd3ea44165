#include "load/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "load/runner_state.hpp"

namespace abgate::load {

namespace {
/// Deadlines are looked at no more often than this: sweeping is linear in the requests in flight.
constexpr Duration kSweepEvery = std::chrono::milliseconds(1);
}  // namespace

Runner::Runner(const Cell& cell, std::vector<RunnerArm> arms, RunnerOptions options,
               Transport& transport, OnFinished on_finished)
    : cell_(cell),
      options_(std::move(options)),
      transport_(transport),
      on_finished_(std::move(on_finished)) {
  ABGATE_ASSERT(options_.max_starts_per_step > 0);
  for (auto& arm : arms) {
    const auto first = static_cast<RequestKey>(arms_.size() * cell.requests.size());
    arms_.push_back(std::make_unique<ArmState>(cell, std::move(arm), first));
  }
  active_.resize(arms_.size() * cell.requests.size());
}

Runner::~Runner() {
  for (const RequestKey key : live_) transport_.cancel(key);
}

TimePoint Runner::step(TimePoint now) {
  if (finished_) return TimePoint::max();
  for (const RequestKey key : std::exchange(oversized_, {})) {
    abort(key, now,
          TransportError{"protocol",
                         fmt::format("answer larger than {} bytes", options_.max_answer_bytes)});
  }
  if (now >= next_sweep_) expire(now);
  if (stop_at_ && now >= *stop_at_ + options_.drain) {
    while (!live_.empty()) abort(live_.back(), now, Cancelled{});
  }
  begin_measured(now);
  const std::uint32_t started = stop_at_ ? 0 : start_due(now);
  max_starts_ = std::max(max_starts_, started);
  close_lanes(now);
  return next_step(now, started);
}

// Closed loops go on by themselves; the arms of an open loop share the zero of their schedule, so
// that they are driven by the same arrivals at the same moments.
void Runner::begin_measured(TimePoint now) {
  const bool all_warm =
      std::all_of(arms_.begin(), arms_.end(), [](const auto& arm) { return arm->lane.warm(); });
  for (auto& arm : arms_) {
    Lane& lane = arm->lane;
    if (lane.measuring() || !(lane.closed() ? lane.warm() : all_warm)) continue;
    lane.begin_measured(now);
    arm->summary.measured_begin = now;
  }
}

// Takes turns between the arms, so that neither waits for the other's burst.
std::uint32_t Runner::start_due(TimePoint now) {
  std::uint32_t started = 0;
  std::size_t idle = 0;
  while (idle < arms_.size() && started < options_.max_starts_per_step) {
    ArmState& arm = *arms_[first_arm_];
    first_arm_ = (first_arm_ + 1) % arms_.size();
    const auto index = arm.lane.ready(now);
    if (!index) {
      ++idle;
      continue;
    }
    idle = 0;
    start(arm, *index, now);
    ++started;
    if (!arm.lane.measuring()) begin_measured(now);
  }
  return started;
}

void Runner::start(ArmState& arm, std::uint32_t index, TimePoint now) {
  auto active = std::make_unique<Active>();
  active->arm = &arm;
  active->index = index;
  active->due = arm.lane.started(now);
  active->startable = arm.lane.startable_since();
  active->launched = active->started = now;
  active->id = fmt::format("{}{}", arm.input.id_prefix, index);
  active->body = arm.input.body(cell_.requests[index]);
  active->live_position = static_cast<std::uint32_t>(live_.size());
  const RequestKey key = arm.first_key + index;
  live_.push_back(key);
  if (!std::exchange(arm.begun, true)) arm.summary.begin = now;
  active_[key] = std::move(active);
  const Active& stored = *active_[key];
  next_sweep_ = std::min(next_sweep_, deadline(stored));
  transport_.start(key, arm.input.arm, stored.id, stored.body);
}

void Runner::close_lanes(TimePoint now) {
  bool all_over = true;
  for (auto& arm : arms_) {
    if (arm->lane.exhausted(now) || stop_at_) {
      report_unsent(*arm, arm->lane.abandon(stop_at_.has_value()),
                    stop_at_ ? "interrupted" : "no free slot before the end of the duration");
      all_over = all_over && arm->lane.in_flight() == 0;
    } else {
      all_over = false;
    }
  }
  finished_ = all_over;
}

void Runner::report_unsent(ArmState& arm, const std::vector<std::uint32_t>& indices,
                           const std::string& why) {
  for (const std::uint32_t index : indices) {
    FinishedRequest finished;
    finished.sent = false;
    finished.record.arm = arm.input.arm;
    finished.record.request_id = fmt::format("{}{}", arm.input.id_prefix, index);
    finished.record.planned = cell_.requests[index];
    finished.record.outcome = NotSent{why};
    const bool has_due = !arm.lane.closed() && !finished.record.planned.follows;
    if (const auto begin = arm.lane.measured_begin(); begin && has_due) {
      finished.record.stream.due = *begin + finished.record.planned.due;
    }
    on_finished_(std::move(finished));
  }
}

TimePoint Runner::next_step(TimePoint now, std::uint32_t started) const {
  if (finished_) return TimePoint::max();
  if (started == options_.max_starts_per_step) return now;
  TimePoint at = next_sweep_;
  if (stop_at_) return std::min(at, *stop_at_ + options_.drain);
  for (const auto& arm : arms_) {
    if (const auto change = arm->lane.next_change()) at = std::min(at, *change);
  }
  return std::max(at, now);
}

void Runner::stop(TimePoint now) {
  if (!stop_at_ && !finished_) stop_at_ = now;
}

TimePoint Runner::deadline(const Active& active) const {
  const Timeouts& t = options_.timeouts;
  const TimePoint total = active.launched + t.total;
  if (active.sends == 0) return total;
  if (active.raw.events.empty()) return std::min(total, active.started + t.first_token);
  return std::min(total, active.last_read + t.idle);
}

std::optional<Stage> Runner::stage_over(const Active& active, TimePoint now) const {
  if (now < deadline(active)) return std::nullopt;
  if (now >= active.launched + options_.timeouts.total) return Stage::total;
  return active.raw.events.empty() ? Stage::first_token : Stage::idle;
}

void Runner::expire(TimePoint now) {
  TimePoint earliest = TimePoint::max();
  for (std::size_t i = live_.size(); i-- > 0;) {  // backwards: abort() moves the last into the gap
    const RequestKey key = live_[i];
    const Active& active = *active_[key];
    if (const auto stage = stage_over(active, now)) {
      abort(key, now, TimedOut{*stage});
    } else {
      earliest = std::min(earliest, deadline(active));
    }
  }
  next_sweep_ = earliest == TimePoint::max() ? earliest : std::max(earliest, now + kSweepEvery);
}

void Runner::abort(RequestKey key, TimePoint now, Outcome outcome) {
  if (!find(key)) return;
  transport_.cancel(key);
  finish(key, now, std::move(outcome));
}

Runner::Active* Runner::find(RequestKey key) {
  ABGATE_ASSERT(key < active_.size());
  return active_[key].get();
}

void Runner::on_sent(RequestKey key, TimePoint at, bool reused, Duration connect) {
  Active* active = find(key);
  if (!active) return;
  ++active->sends;
  active->started = at;
  active->reused = reused;
  active->connect = connect;
  next_sweep_ = std::min(next_sweep_, deadline(*active));
}

void Runner::on_headers(RequestKey key, TimePoint at, int status, std::string_view content_type) {
  Active* active = find(key);
  if (!active) return;
  active->raw.status = status;
  active->raw.content_type = content_type;
  active->raw.headers = at - active->started;
}

void Runner::on_bytes(RequestKey key, TimePoint at, std::string_view bytes, bool same_read) {
  Active* active = find(key);
  if (!active || active->oversized) return;
  if (active->raw.bytes.size() + bytes.size() > options_.max_answer_bytes) {
    active->oversized = true;
    oversized_.push_back(key);
    return;
  }
  const std::size_t before = active->raw.events.size();
  active->collector.append(active->raw, bytes, at - active->started, same_read);
  active->last_read = at;
  active->arm->events += active->raw.events.size() - before;
  if (before == 0 && !active->raw.events.empty()) {
    active->arm->first_event(at - active->started);
    next_sweep_ = std::min(next_sweep_, deadline(*active));
  }
}

void Runner::on_done(RequestKey key, TimePoint at, const TransferEnd& end) {
  Active* active = find(key);
  if (!active) return;
  active->raw.ended_ok = end.ok;
  if (end.timed_out) {
    finish(key, at, TimedOut{Stage::connect});
  } else if (end.ok || end.error.what.empty()) {
    finish(key, at, NotSent{});
  } else {
    finish(key, at, end.error);
  }
}

std::unique_ptr<Runner::Active> Runner::take(RequestKey key) {
  std::unique_ptr<Active> active = std::move(active_[key]);
  const RequestKey last = live_.back();
  if (last != key) {
    live_[active->live_position] = last;
    active_[last]->live_position = active->live_position;
  }
  live_.pop_back();
  return active;
}

void Runner::finish(RequestKey key, TimePoint at, Outcome outcome) {
  const std::unique_ptr<Active> active = take(key);
  ArmState& arm = *active->arm;
  const PlannedRequest& planned = cell_.requests[active->index];
  const bool scheduled = !arm.lane.closed() && planned.phase == Phase::measured;
  arm.lane.ended(active->index, at);
  arm.ended(*active, at, std::holds_alternative<NotSent>(outcome));
  if (scheduled && active->sends > 0) {
    arm.summary.schedule_lags.push_back(active->started - active->connect - active->startable);
  }
  active->collector.finish(active->raw, at - active->started);

  FinishedRequest finished;
  RequestRecord& record = finished.record;
  record.arm = arm.input.arm;
  record.request_id = std::move(active->id);
  record.planned = planned;
  record.outcome = std::move(outcome);
  record.stream.started = active->started;
  record.stream.due = scheduled ? active->due : active->started;
  record.stream.queued = record.stream.started - record.stream.due;
  record.stream.connect = active->connect;
  record.stream.reused_connection = active->reused;
  finished.raw = std::move(active->raw);
  on_finished_(std::move(finished));
}

Progress Runner::progress() const {
  Progress out;
  for (const auto& arm : arms_) {
    ArmProgress p;
    p.planned = static_cast<std::uint32_t>(cell_.requests.size());
    p.done = arm->done;
    p.in_flight = arm->lane.in_flight();
    p.failed = arm->failed;
    p.events = arm->events;
    p.ttft_p50 = arm->ttft_p50();
    out[index_of(arm->input.arm)] = p;
  }
  return out;
}

ArmSummary Runner::take_summary(Arm which) {
  for (auto& arm : arms_) {
    if (arm->input.arm != which) continue;
    if (!arm->lane.measured_begin()) arm->summary.measured_begin = arm->summary.end;
    return std::move(arm->summary);
  }
  return {};
}

}  // namespace abgate::load
