#include "load/lane.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"

namespace abgate::load {

namespace {
constexpr std::uint32_t kNoCap = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kOpenWarmupWidth = 8;  // an open loop without a cap names no concurrency

std::uint32_t count_warmups(const Cell& cell) {
  const auto first = std::find_if(cell.requests.begin(), cell.requests.end(),
                                  [](const auto& r) { return r.phase == Phase::measured; });
  return static_cast<std::uint32_t>(first - cell.requests.begin());
}
}  // namespace

Lane::Lane(const Cell& cell)
    : cell_(cell),
      warmups_(count_warmups(cell)),
      started_(cell.requests.size(), false),
      unstarted_(static_cast<std::uint32_t>(cell.requests.size())) {
  ABGATE_ASSERT(!closed() || cell.load.concurrency > 0);
  overlap_ = closed() && warmups_ >= cell.load.concurrency;
}

bool Lane::warm() const {
  return next_ >= warmups_ && (overlap_ || measuring() || in_flight_ == 0);
}

std::uint32_t Lane::width() const {
  const auto concurrency = static_cast<std::uint32_t>(cell_.load.concurrency);
  if (concurrency > 0) return concurrency;
  return next_ < warmups_ ? kOpenWarmupWidth : kNoCap;
}

bool Lane::over(TimePoint now) const {
  return measured_begin_ && cell_.load.duration && now > *measured_begin_ + *cell_.load.duration;
}

std::optional<std::uint32_t> Lane::ready(TimePoint now) const {
  if (over(now)) return std::nullopt;
  if (has_turn(now)) return turns_.top().index;
  if (next_ >= cell_.requests.size()) return std::nullopt;
  if (next_ >= warmups_) {
    if (!measuring()) return std::nullopt;
    if (!closed() && due(next_) > now) return std::nullopt;
  }
  if (taken() >= width()) return std::nullopt;
  return next_;
}

TimePoint Lane::started(TimePoint now) {
  ABGATE_ASSERT(unstarted_ > 0);
  --unstarted_;
  if (has_turn(now)) {
    const Turn turn = turns_.top();
    turns_.pop();
    started_[turn.index] = true;
    ++in_flight_;
    startable_since_ = turn.due;
    return closed() ? now : turn.due;
  }
  const bool scheduled = !closed() && next_ >= warmups_;
  const TimePoint at = scheduled ? due(next_) : now;
  startable_since_ = std::max(at, full_until_);
  started_[next_] = true;
  ++next_;
  skip_turns();
  ++in_flight_;
  return at;
}

void Lane::skip_turns() {
  while (next_ < cell_.requests.size() && cell_.requests[next_].follows) ++next_;
}

void Lane::ended(std::uint32_t index, TimePoint at) {
  ABGATE_ASSERT(in_flight_ > 0);
  const std::uint32_t after = index + 1;
  const bool goes_on = unstarted_ > 0 && after < cell_.requests.size() &&
                       cell_.requests[after].follows && !started_[after];
  if (goes_on) {
    turns_.push({at + cell_.requests[after].due, after});
  } else if (taken() >= width()) {
    full_until_ = at;
  }
  --in_flight_;
}

std::optional<TimePoint> Lane::next_change() const {
  if (!measuring() || unstarted_ == 0) return std::nullopt;
  std::optional<TimePoint> at;
  if (cell_.load.duration) at = *measured_begin_ + *cell_.load.duration + Duration(1);
  const auto sooner = [&](TimePoint t) { at = std::min(at.value_or(TimePoint::max()), t); };
  if (!turns_.empty()) sooner(turns_.top().due);
  if (!closed() && next_ < cell_.requests.size() && taken() < width()) sooner(due(next_));
  return at;
}

bool Lane::exhausted(TimePoint now) const {
  return unstarted_ == 0 || over(now);
}

std::vector<std::uint32_t> Lane::abandon(bool interrupted) {
  std::vector<std::uint32_t> left;
  const bool surplus = closed() && cell_.load.duration.has_value() && !interrupted;
  const auto size = static_cast<std::uint32_t>(cell_.requests.size());
  for (std::uint32_t i = 0; unstarted_ > 0 && i < size; ++i) {
    if (!started_[i] && !surplus) left.push_back(i);
  }
  next_ = size;
  unstarted_ = 0;
  turns_ = {};
  return left;
}

}  // namespace abgate::load
