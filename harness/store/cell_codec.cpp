#include "store/cell_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "store/json_text.hpp"
#include "store/token_codec.hpp"

namespace abgate::store {

namespace {
/// Builds one JSON object; arrays of numbers are appended directly, because there are hundreds a
/// line.
class Line {
 public:
  Line& number(std::string_view key, std::int64_t value) {
    return raw(key, fmt::format("{}", value));
  }
  Line& number(std::string_view key, std::uint64_t value) {
    return raw(key, fmt::format("{}", value));
  }
  Line& number(std::string_view key, std::uint32_t value) {
    return raw(key, fmt::format("{}", value));
  }
  Line& number(std::string_view key, int value) { return raw(key, fmt::format("{}", value)); }
  Line& number(std::string_view key, Duration value) { return number(key, value.count()); }
  Line& number(std::string_view key, TimePoint value) {
    return number(key, value.time_since_epoch());
  }
  Line& real(std::string_view key, double value) {
    return raw(key, std::isfinite(value) ? fmt::format("{}", value) : fmt::format("\"{}\"", value));
  }
  Line& flag(std::string_view key, bool value) { return value ? raw(key, "true") : *this; }
  Line& text(std::string_view key, const std::string& value) {
    return raw(key, text_json(value));
  }
  Line& word(std::string_view key, std::string_view value) { return text(key, std::string(value)); }
  template <typename Range, typename Each>
  Line& list(std::string_view key, const Range& range, const Each& each) {
    raw(key, "[");
    const std::size_t begin = out_.size();
    for (const auto& item : range) {
      if (out_.size() != begin) out_ += ',';
      const fmt::format_int text(each(item));
      out_.append(text.data(), text.size());
    }
    out_ += ']';
    return *this;
  }
  Line& raw(std::string_view key, std::string_view value) {
    out_ += out_.empty() ? "{\"" : ",\"";
    out_.append(key).append("\":").append(value);
    return *this;
  }
  std::string object() { return out_ + "}"; }
  std::string line() { return out_ + "}\n"; }

 private:
  std::string out_;
};

std::string load_json(const LoadPoint& load) {
  Line line;
  line.text("id", load.id).word("arrival", to_string(load.arrival));
  line.number("concurrency", std::uint64_t{load.concurrency})
      .real("rate", load.rate)
      .real("burstiness", load.burstiness);
  line.number("requests", std::uint64_t{load.requests});
  if (load.duration) line.number("duration", *load.duration);
  if (!load.stages.empty()) {
    line.list("stage_durations", load.stages, [](const auto& s) { return s.duration.count(); });
    std::string targets;
    for (const RampStage& s : load.stages)
      targets += fmt::format("{}{}", targets.empty() ? "" : ",", s.target);
    line.raw("stage_targets", "[" + targets + "]");
  }
  if (load.time_scale != 1) line.real("time_scale", load.time_scale);
  return line.number("warmup_requests", std::uint64_t{load.warmup_requests}).object();
}

std::string_view stage_word(Stage stage) {
  switch (stage) {
    case Stage::connect:
      return "connect";
    case Stage::first_token:
      return "first_token";
    case Stage::idle:
      return "idle";
    case Stage::total:
      return "total";
  }
  return "?";
}

std::string outcome_json(const Outcome& outcome, const Redactor& redact) {
  Line line;
  line.word("class", outcome_class(outcome));
  if (const auto* o = std::get_if<Completed>(&outcome))
    line.text("finish_reason", o->finish_reason);
  if (const auto* o = std::get_if<HttpError>(&outcome)) {
    line.number("status", o->status)
        .text("type", redact(o->type))
        .text("message", redact(o->message));
  }
  if (const auto* o = std::get_if<TransportError>(&outcome)) {
    line.text("what", o->what).text("message", redact(o->message)).flag("ours", o->ours);
  }
  if (const auto* o = std::get_if<StreamError>(&outcome)) {
    line.text("what", o->what).text("message", redact(o->message));
  }
  if (const auto* o = std::get_if<TimedOut>(&outcome)) line.word("stage", stage_word(o->stage));
  if (const auto* o = std::get_if<NotSent>(&outcome)) line.text("why", o->why);
  return line.object();
}

// Differences wrap, so that any two stamps round-trip.
std::int64_t wrapping_difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

/// How much each event adds to the token count: one number if it is the same for all of them.
void encode_tokens(Line& line, const std::vector<TokenEvent>& events) {
  std::vector<std::int64_t> added;
  std::int64_t before = 0;
  for (const TokenEvent& event : events) {
    added.push_back(std::int64_t{event.tokens} - before);
    before = event.tokens;
  }
  const bool same =
      std::all_of(added.begin(), added.end(), [&](std::int64_t n) { return n == added[0]; });
  if (same) {
    line.number("tok", added[0]);
  } else {
    line.list("tok", added, [](std::int64_t n) { return n; });
  }
}

void encode_events(Line& line, const std::vector<TokenEvent>& events) {
  if (events.empty()) return;
  std::int64_t before = 0;
  line.list("at", events, [&](const TokenEvent& event) {
    return wrapping_difference(event.at.count(), std::exchange(before, event.at.count()));
  });
  encode_tokens(line, events);
  std::vector<std::size_t> together;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].with_previous) together.push_back(i);
  }
  if (!together.empty()) line.list("same_read", together, [](std::size_t i) { return i; });
}

void encode_plan(Line& line, const PlannedRequest& planned) {
  line.number("index", planned.index)
      .word("phase", to_string(planned.phase))
      .number("item", planned.item);
  if (planned.repeat != 0) line.number("repeat", planned.repeat);
  line.number("max_tokens", planned.max_tokens).flag("ignore_eos", planned.ignore_eos);
  if (planned.salt != 0) line.number("salt", planned.salt);
  if (planned.due.count() != 0) line.number("planned_due", planned.due);
  line.flag("follows", planned.follows);
  if (planned.traffic_class != 0) line.number("class", std::uint32_t{planned.traffic_class});
}

void encode_stream(Line& line, const StreamRecord& stream) {
  line.number("due", stream.due).number("started", stream.started);
  if (stream.queued.count() != 0) line.number("queued", stream.queued);
  if (stream.headers) line.number("headers", *stream.headers);
  if (stream.first_byte) line.number("first_byte", *stream.first_byte);
  encode_events(line, stream.events);
  if (stream.finish) line.number("finish", *stream.finish);
  line.number("closed", stream.closed);
  if (stream.connect.count() != 0) line.number("connect", stream.connect);
  line.flag("reused", stream.reused_connection).flag("counts_known", stream.counts_known);
}

std::string usage_json(const Usage& usage) {
  Line line;
  line.number("prompt", usage.prompt_tokens).number("completion", usage.completion_tokens);
  if (usage.cached_tokens) line.number("cached", *usage.cached_tokens);
  return line.object();
}

/// Tokens spell the answer out, in pieces in which a secret would not be found again.
bool holds_secret(const RequestRecord& record, const Redactor& redact) {
  if (redact.empty()) return false;
  std::string spelled;
  for (const ScoredToken& token : record.tokens) spelled += token.text;
  return redact(record.text) != record.text || redact(spelled) != spelled;
}

void encode_answer_tokens(Line& line, const RequestRecord& record, const Redactor& redact) {
  if (!record.token_error.empty()) line.text("token_error", redact(record.token_error));
  if (record.tokens.empty()) return;
  if (holds_secret(record, redact)) {
    line.text("token_error", "the answer holds a secret, its tokens are not kept");
  } else {
    line.raw("tokens", encode_tokens(record.tokens, redact));
  }
}

std::string tcp_json(const TcpCounts& tcp) {
  Line line;
  line.number("segments_out", tcp.segments_out).number("segments_in", tcp.segments_in);
  line.number("retransmits", tcp.retransmits).number("out_of_order", tcp.out_of_order);
  return line.object();
}

std::string health_json(const CellHealth& health) {
  Line line;
  if (health.loops != 1) line.number("loops", health.loops);
  line.number("loop_turns", health.loop_turns);
  line.number("loop_lag_p50", health.loop_lag_p50).number("loop_lag_p99", health.loop_lag_p99);
  line.number("loop_lag_max", health.loop_lag_max);
  line.number("wake_lag_p50", health.wake_lag_p50).number("wake_lag_p99", health.wake_lag_p99);
  line.number("wake_lag_max", health.wake_lag_max);
  line.number("schedule_lag_p50", health.schedule_lag_p50)
      .number("schedule_lag_p99", health.schedule_lag_p99);
  line.number("schedule_lag_max", health.schedule_lag_max).real("client_cpu", health.client_cpu);
  line.number("max_starts_per_turn", health.max_starts_per_turn);
  line.number("receive_queue_p99", health.receive_queue_p99);
  line.number("receive_queue_max", health.receive_queue_max);
  line.number("recorder_stalls", health.recorder_stalls);
  if (health.tcp.known) line.raw("tcp", tcp_json(health.tcp));
  return line.number("stale_retries", health.stale_retries).object();
}
}  // namespace

std::string encode_header(const CellRecord& cell) {
  Line line;
  line.number("abgate_cell", kFormat).text("point", cell.point).word("kind", to_string(cell.kind));
  line.number("block", cell.block).word("arm", to_string(cell.arm));
  return line.raw("load", load_json(cell.load)).line();
}

std::string encode_record(const RequestRecord& record, const Redactor& redact) {
  Line line;
  line.text("id", record.request_id).text("prompt", record.prompt_id);
  encode_plan(line, record.planned);
  encode_stream(line, record.stream);
  line.raw("out", outcome_json(record.outcome, redact));
  if (record.usage) line.raw("usage", usage_json(*record.usage));
  line.text("text", redact(record.text))
      .number("chunks", record.chunks)
      .number("bytes", record.bytes);
  line.flag("invalid_utf8", record.invalid_utf8);
  if (!record.raw_sample.empty()) line.text("raw_sample", redact(record.raw_sample));
  encode_answer_tokens(line, record, redact);
  return line.line();
}

std::string encode_end(const CellRecord& cell, const std::map<std::string, std::size_t>& counts) {
  Line line;
  line.number("end", 1).number("begin", cell.begin).number("measured_begin", cell.measured_begin);
  line.number("ended", cell.end)
      .flag("interrupted", cell.interrupted)
      .raw("health", health_json(cell.health));
  std::uint64_t requests = 0;
  Line outcomes;
  for (const auto& [name, count] : counts) {
    outcomes.number(name, std::uint64_t{count});
    requests += count;
  }
  line.number("requests", requests);
  return line.raw("outcomes", counts.empty() ? "{}" : outcomes.object()).line();
}

}  // namespace abgate::store
