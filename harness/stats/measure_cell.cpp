// One cell of one arm: RequestRecord → RequestMetrics, throughput, failures.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "stats/cell_tokens.hpp"
#include "stats/measure.hpp"

namespace abgate::stats {

namespace {

/// "http_error 500", "timed_out first_token", …: the outcome's class with what tells its kind.
std::string failure_class(const Outcome& outcome) {
  if (const auto* http = std::get_if<HttpError>(&outcome)) {
    return fmt::format("http_error {}", http->status);
  }
  if (const auto* transport = std::get_if<TransportError>(&outcome)) {
    return fmt::format("transport_error {}", transport->what);
  }
  if (const auto* stream = std::get_if<StreamError>(&outcome)) {
    return fmt::format("stream_error {}", stream->what);
  }
  return describe(outcome);
}

void measure_usage(const RequestRecord& r, RequestMetrics& m) {
  m.output_tokens = output_tokens(r).value_or(kUndefined);
  if (!r.usage) return;
  m.prompt_tokens = static_cast<double>(r.usage->prompt_tokens);
  if (r.usage->cached_tokens) m.cached_tokens = static_cast<double>(*r.usage->cached_tokens);
}

double longest_gap(const std::vector<TokenEvent>& events) {
  Duration longest{0};
  for (std::size_t i = 1; i < events.size(); ++i) {
    longest = std::max(longest, events[i].at - events[i - 1].at);
  }
  return events.size() < 2 ? kUndefined : to_seconds(longest);
}

void measure_tpot(const RequestRecord& r, RequestMetrics& m) {
  const auto& events = r.stream.events;
  m.tpot_approximate = !r.stream.counts_known;
  const double in_first = r.stream.counts_known ? static_cast<double>(events.front().tokens) : 1.0;
  const double after_first = m.output_tokens - in_first;
  if (!(after_first >= 1) || events.size() < 2) return;
  m.tpot = to_seconds(events.back().at - events.front().at) / after_first;
}

void measure_stream(const RequestRecord& r, RequestMetrics& m) {
  const StreamRecord& s = r.stream;
  if (s.events.empty()) return;
  const double queued = to_seconds(s.queued);
  m.ttft_service = to_seconds(s.events.front().at);
  m.ttft = m.ttft_service + queued;
  m.e2e = to_seconds(s.events.back().at) + queued;
  if (m.output_tokens >= 1) m.ntpot = m.e2e / m.output_tokens;
  m.icg_max = longest_gap(s.events);
  measure_tpot(r, m);
}

/// A time-out is known only to have taken at least as long as was waited.
void censor(const RequestRecord& r, RequestMetrics& m) {
  const double queued = to_seconds(r.stream.queued);
  const double waited = to_seconds(r.stream.closed);
  m.censored = true;
  m.e2e = queued + waited;
  m.ttft_service = r.stream.events.empty() ? waited : to_seconds(r.stream.events.front().at);
  m.ttft = queued + m.ttft_service;
}

RequestMetrics measure_request(const CellRecord& cell, const RequestRecord& r) {
  RequestMetrics m;
  m.index = r.planned.index;
  m.success = succeeded(r.outcome);
  m.start = to_seconds(r.stream.started - cell.begin);
  m.due = to_seconds(r.stream.due - cell.begin);
  m.follows = r.planned.follows;
  m.traffic_class = r.planned.traffic_class;
  m.chunks = static_cast<double>(r.stream.events.size());
  if (m.success) {
    measure_usage(r, m);
    measure_stream(r, m);
  } else if (std::holds_alternative<TimedOut>(r.outcome)) {
    censor(r, m);
  }
  return m;
}

/// What one read brought is one step: the gaps within it are the client's, not the server's.
void add_gaps(const RequestRecord& r, TokenGaps& gaps) {
  const auto& events = r.stream.events;
  gaps.events += events.size();
  Duration before{0};
  std::uint32_t counted = 0;
  for (std::size_t i = 0; i < events.size();) {
    std::size_t last = i;
    while (last + 1 < events.size() && events[last + 1].with_previous) ++last;
    gaps.batched += last - i;
    const std::uint32_t count = events[last].tokens;
    if (i > 0) {
      const double gap = to_seconds(events[i].at - before);
      gaps.icg.add(gap);
      if (r.stream.counts_known && count > counted) {
        const std::uint32_t tokens = count - counted;
        gaps.itl.add(gap / tokens, tokens);
      }
    }
    before = events[last].at;
    counted = count;
    i = last + 1;
  }
}

bool is_ours(const Outcome& outcome) {
  const auto* transport = std::get_if<TransportError>(&outcome);
  return transport != nullptr && transport->ours;
}

void count(const CellRecord& cell, BlockArm& out) {
  auto gaps = std::make_shared<TokenGaps>();
  for (const RequestRecord& r : cell.requests) {
    if (r.planned.phase != Phase::measured) continue;
    if (is_ours(r.outcome)) {
      ++out.ours;
    } else if (!counts_as_attempt(r.outcome)) {
      ++out.unsent;
    } else {
      out.requests.push_back(measure_request(cell, r));
      if (succeeded(r.outcome)) {
        out.without_usage += r.usage ? 0U : 1U;
        add_gaps(r, *gaps);
      } else {
        ++out.failures[failure_class(r.outcome)];
      }
    }
  }
  out.gaps = std::move(gaps);
  out.attempted = out.requests.size();
  out.failed =
      static_cast<std::size_t>(std::count_if(out.requests.begin(), out.requests.end(),
                                             [](const RequestMetrics& m) { return !m.success; }));
  std::sort(out.requests.begin(), out.requests.end(), [](const auto& a, const auto& b) {
    return a.start != b.start ? a.start < b.start : a.index < b.index;
  });
}

void measure_throughput(const CellRecord& cell, BlockArm& out) {
  const double length = out.window.end - out.window.begin;
  if (!(length > 0)) return;
  double tokens = 0;
  bool any = false;
  for_each_token(cell, [&](double at, double n) {
    any = true;
    if (at >= out.window.begin && at < out.window.end) tokens += n;
  });
  if (!any) return;  // nothing succeeded, or no counts: unknown, not zero
  out.throughput = tokens / length;
  std::size_t completed = 0;
  for (const RequestRecord& r : cell.requests) {
    const double end = to_seconds(r.stream.started + r.stream.closed - cell.begin);
    completed += succeeded(r.outcome) && end >= out.window.begin && end < out.window.end ? 1U : 0U;
  }
  out.request_rate = static_cast<double>(completed) / length;
}

/// Σ tokens of the measured successes / (their last token - first measured send).
double whole_throughput(const CellRecord& cell) {
  double tokens = 0;
  TimePoint first = TimePoint::max();
  TimePoint last = TimePoint::min();
  for (const RequestRecord& r : cell.requests) {
    if (r.planned.phase != Phase::measured || std::holds_alternative<NotSent>(r.outcome)) continue;
    first = std::min(first, r.stream.started);
    if (!succeeded(r.outcome) || r.stream.events.empty()) continue;
    tokens += output_tokens(r).value_or(0);
    last = std::max(last, r.stream.started + r.stream.events.back().at);
  }
  return tokens > 0 && last > first ? tokens / to_seconds(last - first) : kUndefined;
}

}  // namespace

BlockArm measure_cell(const CellRecord& cell) {
  BlockArm out;
  out.point = cell.point;
  out.kind = cell.kind;
  out.block = cell.block;
  out.arm = cell.arm;
  out.arrival = cell.load.arrival;
  out.health = cell.health;
  out.interrupted = cell.interrupted;
  out.began = cell.begin;
  out.ended = cell.end;
  out.wall_seconds = to_seconds(cell.end - cell.begin);
  count(cell, out);
  out.window = steady_window(cell);
  measure_throughput(cell, out);
  out.throughput_whole = whole_throughput(cell);
  return out;
}

}  // namespace abgate::stats
