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

namespace {
std::unique_ptr<Agenda> one_loop(const Cell& cell, const std::vector<RunnerArm>& arms) {
  std::vector<Arm> names;
  for (const RunnerArm& arm : arms) names.push_back(arm.arm);
  return std::make_unique<Agenda>(cell, names);
}
}  // namespace

Runner::Runner(const Cell& cell, std::vector<RunnerArm> arms, RunnerOptions options,
               Transport& transport, OnFinished on_finished, Agenda* agenda, std::size_t loop)
    : cell_(cell),
      options_(std::move(options)),
      transport_(transport),
      on_finished_(std::move(on_finished)),
      own_agenda_(agenda != nullptr ? nullptr : one_loop(cell, arms)),
      agenda_(agenda != nullptr ? *agenda : *own_agenda_),
      loop_(loop) {
  ABGATE_ASSERT(options_.max_starts_per_step > 0);
  for (auto& arm : arms) {
    const std::size_t position = arms_.size();
    const auto first = static_cast<RequestKey>(position * cell.requests.size());
    arms_.push_back(std::make_unique<ArmState>(std::move(arm), position, first));
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
  Agenda::Turn turn = agenda_.step(loop_, now, options_.max_starts_per_step);
  max_starts_ = std::max(max_starts_, static_cast<std::uint32_t>(turn.starts.size()));
  for (const Agenda::Start& next : turn.starts) start(next, now);
  for (Agenda::Unsent& left : turn.unsent) report_unsent(std::move(left));
  stop_at_ = turn.stopped;
  finished_ = turn.finished;
  if (finished_) return TimePoint::max();
  TimePoint at = std::min(next_sweep_, turn.next);
  if (stop_at_) at = std::min(at, *stop_at_ + options_.drain);
  return std::max(at, now);
}

void Runner::start(const Agenda::Start& next, TimePoint now) {
  ArmState& arm = *arms_[next.arm];
  auto active = std::make_unique<Active>();
  active->arm = &arm;
  active->index = next.index;
  active->due = next.due;
  active->startable = next.startable;
  active->launched = active->started = now;
  active->id = fmt::format("{}{}", arm.input.id_prefix, next.index);
  active->body = arm.input.body(cell_.requests[next.index]);
  active->live_position = static_cast<std::uint32_t>(live_.size());
  const RequestKey key = arm.first_key + next.index;
  live_.push_back(key);
  ++arm.in_flight;
  if (!std::exchange(arm.begun, true)) arm.summary.begin = now;
  active_[key] = std::move(active);
  const Active& stored = *active_[key];
  next_sweep_ = std::min(next_sweep_, deadline(stored));
  transport_.start(key, arm.input.arm, stored.id, stored.body);
}

void Runner::report_unsent(Agenda::Unsent&& left) {
  const ArmState& arm = *arms_[left.arm];
  FinishedRequest finished;
  finished.sent = false;
  finished.record.arm = arm.input.arm;
  finished.record.request_id = fmt::format("{}{}", arm.input.id_prefix, left.index);
  finished.record.planned = cell_.requests[left.index];
  finished.record.outcome = NotSent{std::move(left.why)};
  if (left.due) finished.record.stream.due = *left.due;
  on_finished_(std::move(finished));
}

void Runner::stop(TimePoint now) {
  if (stop_at_ || finished_) return;
  agenda_.stop(now);
  stop_at_ = now;
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
  if (active->raw.size() + bytes.size() > options_.max_answer_bytes) {
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
  const bool scheduled =
      cell_.load.arrival != Arrival::closed && planned.phase == Phase::measured;
  agenda_.ended(loop_, arm.position, active->index, at);
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
    p.in_flight = arm->in_flight;
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
    arm->summary.measured_begin = agenda_.measured_begin(arm->position).value_or(arm->summary.end);
    return std::move(arm->summary);
  }
  return {};
}

ArmSummary merge(std::vector<ArmSummary> parts) {
  ABGATE_ASSERT(!parts.empty());
  ArmSummary out = std::move(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    ArmSummary& part = parts[i];
    if (part.begin == TimePoint{}) continue;  // it had no request of this arm
    out.begin = out.begin == TimePoint{} ? part.begin : std::min(out.begin, part.begin);
    out.end = std::max(out.end, part.end);
    out.measured_begin = std::max(out.measured_begin, part.measured_begin);
    out.retries += part.retries;
    out.schedule_lags.insert(out.schedule_lags.end(), part.schedule_lags.begin(),
                             part.schedule_lags.end());
  }
  return out;
}

Progress add(const Progress& a, const Progress& b) {
  Progress out = a;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!b[i]) continue;
    if (!out[i]) {
      out[i] = b[i];
      continue;
    }
    ArmProgress& sum = *out[i];
    sum.in_flight += b[i]->in_flight;
    sum.done += b[i]->done;
    sum.failed += b[i]->failed;
    sum.events += b[i]->events;
    if (sum.ttft_p50 && b[i]->ttft_p50) {
      sum.ttft_p50 = (*sum.ttft_p50 + *b[i]->ttft_p50) / 2;
    } else if (b[i]->ttft_p50) {
      sum.ttft_p50 = b[i]->ttft_p50;
    }
  }
  return out;
}

}  // namespace abgate::load
