#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "store/cell_codec.hpp"
#include "store/gzip.hpp"
#include "store/json_text.hpp"
#include "store/token_codec.hpp"

namespace abgate::store {

static_assert(GzipLines::kPadding >= simdjson::SIMDJSON_PADDING);

namespace {
namespace dom = simdjson::dom;

/// Typed access to one object, with the file's place in every error.
class Fields {
 public:
  Fields(dom::object object, const Place& place) : object_(object), place_(place) {}

  [[noreturn]] void fail(const char* key, const std::string& seen,
                         const std::string& wanted) const {
    throw DataError(place_, key, seen, wanted);
  }
  [[noreturn]] void wrong(const char* key, const dom::element& element,
                          const std::string& wanted) const {
    fail(key, simdjson::minify(element), wanted);
  }

  std::optional<dom::element> find(const char* key) const {
    dom::element element;
    if (object_.at_key(key).get(element) != simdjson::SUCCESS) return std::nullopt;
    return element;
  }
  dom::element need(const char* key, const char* wanted) const {
    if (const auto element = find(key)) return *element;
    fail(key, "nothing", wanted);
  }

  template <typename Int>
  Int to_int(const char* key, const dom::element& element) const {
    std::int64_t small = 0;
    std::uint64_t large = 0;
    if (element.get(small) == simdjson::SUCCESS && std::in_range<Int>(small))
      return static_cast<Int>(small);
    if (element.get(large) == simdjson::SUCCESS && std::in_range<Int>(large))
      return static_cast<Int>(large);
    wrong(key, element,
          fmt::format("a whole number from {} to {}", std::numeric_limits<Int>::min(),
                      std::numeric_limits<Int>::max()));
  }
  template <typename Int>
  Int number(const char* key) const {
    return to_int<Int>(key, need(key, "a whole number"));
  }
  template <typename Int>
  Int number_or(const char* key, Int otherwise) const {
    const auto element = find(key);
    return element ? to_int<Int>(key, *element) : otherwise;
  }
  Duration duration(const char* key) const { return Duration{number<std::int64_t>(key)}; }
  Duration duration_or_zero(const char* key) const {
    return Duration{number_or<std::int64_t>(key, 0)};
  }
  std::optional<Duration> maybe_duration(const char* key) const {
    const auto element = find(key);
    return element ? std::optional(Duration{to_int<std::int64_t>(key, *element)}) : std::nullopt;
  }
  TimePoint stamp(const char* key) const { return TimePoint{duration(key)}; }

  double real(const char* key) const {
    const dom::element element = need(key, "a number");
    double value = 0;
    if (element.get(value) == simdjson::SUCCESS) return value;
    std::string_view word;
    if (element.get(word) == simdjson::SUCCESS) {
      if (word == "inf") return std::numeric_limits<double>::infinity();
      if (word == "-inf") return -std::numeric_limits<double>::infinity();
      if (word == "nan" || word == "-nan") return std::numeric_limits<double>::quiet_NaN();
    }
    wrong(key, element, "a number");
  }
  bool flag(const char* key) const {
    const auto element = find(key);
    bool value = false;
    if (element && element->get(value) != simdjson::SUCCESS) wrong(key, *element, "true or false");
    return value;
  }
  std::string text(const char* key) const {
    const dom::element element = need(key, "text");
    std::string value;
    if (read_text(element, value)) return value;
    wrong(key, element, "text, or {\"hex\":\"…\"} with pairs of hex digits");
  }
  std::string text_or_empty(const char* key) const { return find(key) ? text(key) : std::string(); }
  Fields object(const char* key) const {
    const dom::element element = need(key, "an object");
    dom::object inner;
    if (element.get(inner) != simdjson::SUCCESS) wrong(key, element, "an object");
    return {inner, place_};
  }
  dom::array array(const char* key, const dom::element& element) const {
    dom::array inner;
    if (element.get(inner) != simdjson::SUCCESS) wrong(key, element, "a list of whole numbers");
    return inner;
  }
  /// The enumerator of `all` whose to_string() is the field's text.
  template <typename Enum, std::size_t N>
  Enum word(const char* key, const std::array<Enum, N>& all) const {
    const std::string seen = text(key);
    std::string wanted;
    for (const Enum e : all) {
      if (to_string(e) == seen) return e;
      wanted.append(wanted.empty() ? "" : ", ").append(to_string(e));
    }
    fail(key, seen, "one of " + wanted);
  }

 private:
  dom::object object_;
  const Place& place_;
};

enum class Class {
  completed,
  http_error,
  transport_error,
  stream_error,
  timed_out,
  cancelled,
  not_sent
};

std::string_view to_string(Class c) {
  constexpr std::array<std::string_view, 7> names{"completed",    "http_error", "transport_error",
                                                  "stream_error", "timed_out",  "cancelled",
                                                  "not_sent"};
  return names[static_cast<std::size_t>(c)];
}

constexpr std::array kClasses{Class::completed,    Class::http_error, Class::transport_error,
                              Class::stream_error, Class::timed_out,  Class::cancelled,
                              Class::not_sent};

Stage read_stage(const Fields& f) {
  const std::string word = f.text("stage");
  if (word == "connect") return Stage::connect;
  if (word == "first_token") return Stage::first_token;
  if (word == "idle") return Stage::idle;
  if (word == "total") return Stage::total;
  f.fail("stage", word, "one of connect, first_token, idle, total");
}

Outcome read_outcome(const Fields& f) {
  switch (f.word("class", kClasses)) {
    case Class::completed:
      return Completed{f.text("finish_reason")};
    case Class::http_error:
      return HttpError{f.number<int>("status"), f.text("type"), f.text("message")};
    case Class::transport_error:
      return TransportError{f.text("what"), f.text("message"), f.flag("ours")};
    case Class::stream_error:
      return StreamError{f.text("what"), f.text("message")};
    case Class::timed_out:
      return TimedOut{read_stage(f)};
    case Class::cancelled:
      return Cancelled{};
    case Class::not_sent:
      break;
  }
  return NotSent{f.text("why")};
}

void read_stages(const Fields& f, std::vector<RampStage>& stages) {
  const char* const durations = "stage_durations";
  const char* const targets = "stage_targets";
  if (!f.find(durations)) return;
  for (const dom::element e : f.array(durations, f.need(durations, "a list of durations"))) {
    stages.push_back({Duration(f.to_int<std::int64_t>(durations, e)), 0});
  }
  std::size_t i = 0;
  const dom::element list = f.need(targets, "a rate for each stage");
  for (const dom::element e : f.array(targets, list)) {
    if (i == stages.size() || e.get(stages[i].target) != simdjson::SUCCESS)
      f.wrong(targets, list, "a rate for each stage");
    ++i;
  }
  if (i != stages.size()) f.wrong(targets, list, "a rate for each stage");
}

LoadPoint read_load(const Fields& f) {
  constexpr std::array kArrivals{Arrival::closed, Arrival::constant, Arrival::poisson,
                                 Arrival::gamma,  Arrival::ramp,     Arrival::trace};
  LoadPoint load;
  load.id = f.text("id");
  load.arrival = f.word("arrival", kArrivals);
  load.concurrency = f.number<std::size_t>("concurrency");
  load.rate = f.real("rate");
  load.burstiness = f.real("burstiness");
  load.requests = f.number<std::size_t>("requests");
  load.duration = f.maybe_duration("duration");
  read_stages(f, load.stages);
  if (f.find("time_scale")) load.time_scale = f.real("time_scale");
  load.warmup_requests = f.number<std::size_t>("warmup_requests");
  return load;
}

PlannedRequest read_plan(const Fields& f) {
  constexpr std::array kPhases{Phase::warmup, Phase::measured};
  PlannedRequest planned;
  planned.index = f.number<std::uint32_t>("index");
  planned.phase = f.word("phase", kPhases);
  planned.item = f.number<std::uint32_t>("item");
  planned.repeat = f.number_or<std::uint32_t>("repeat", 0);
  planned.max_tokens = f.number<int>("max_tokens");
  planned.ignore_eos = f.flag("ignore_eos");
  planned.salt = f.number_or<std::uint64_t>("salt", 0);
  planned.due = f.duration_or_zero("planned_due");
  planned.follows = f.flag("follows");
  planned.traffic_class = f.number_or<std::uint16_t>("class", 0);
  return planned;
}

/// Sets the cumulative token counts from what each event adds.
void read_tokens(const Fields& f, std::vector<TokenEvent>& events) {
  const dom::element element = f.need("tok", "a whole number, or one for each event");
  std::int64_t total = 0;
  const auto add = [&](TokenEvent& event, std::int64_t n) {
    constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
    if (n < -total || n > kMost - total)
      f.wrong("tok", element, "token counts from 0 to 4294967295");
    total += n;
    event.tokens = static_cast<std::uint32_t>(total);
  };
  if (!element.is_array()) {
    const auto each = f.to_int<std::int64_t>("tok", element);
    for (TokenEvent& event : events) add(event, each);
    return;
  }
  const dom::array added = f.array("tok", element);
  std::size_t i = 0;
  for (const dom::element n : added) {
    if (i < events.size()) add(events[i], f.to_int<std::int64_t>("tok", n));
    ++i;
  }
  if (i != events.size())
    f.fail("tok", fmt::format("{} numbers", i),
           fmt::format("{}, as many as in `at`", events.size()));
}

void read_events(const Fields& f, std::vector<TokenEvent>& events) {
  const auto at = f.find("at");
  if (!at) return;
  const dom::array deltas = f.array("at", *at);
  events.reserve(deltas.size());
  std::uint64_t stamp = 0;
  for (const dom::element delta : deltas) {
    stamp += static_cast<std::uint64_t>(f.to_int<std::int64_t>("at", delta));
    TokenEvent event;
    event.at = Duration{static_cast<std::int64_t>(stamp)};
    events.push_back(event);
  }
  if (!events.empty()) read_tokens(f, events);
  const auto together = f.find("same_read");
  if (!together) return;
  for (const dom::element i : f.array("same_read", *together)) {
    const auto index = f.to_int<std::size_t>("same_read", i);
    if (index >= events.size())
      f.wrong("same_read", i, fmt::format("positions below {}", events.size()));
    events[index].with_previous = true;
  }
}

StreamRecord read_stream(const Fields& f) {
  StreamRecord stream;
  stream.due = f.stamp("due");
  stream.started = f.stamp("started");
  stream.queued = f.duration_or_zero("queued");
  stream.headers = f.maybe_duration("headers");
  stream.first_byte = f.maybe_duration("first_byte");
  read_events(f, stream.events);
  stream.finish = f.maybe_duration("finish");
  stream.closed = f.duration("closed");
  stream.connect = f.duration_or_zero("connect");
  stream.reused_connection = f.flag("reused");
  stream.counts_known = f.flag("counts_known");
  return stream;
}

RequestRecord read_record(const Fields& f, const Place& place, Arm arm, Tokens tokens) {
  RequestRecord record;
  record.arm = arm;
  record.request_id = f.text("id");
  record.prompt_id = f.text("prompt");
  record.planned = read_plan(f);
  record.stream = read_stream(f);
  record.outcome = read_outcome(f.object("out"));
  if (f.find("usage")) {
    const Fields usage = f.object("usage");
    record.usage =
        Usage{usage.number<std::int64_t>("prompt"), usage.number<std::int64_t>("completion"), {}};
    if (usage.find("cached")) record.usage->cached_tokens = usage.number<std::int64_t>("cached");
  }
  record.text = f.text("text");
  record.chunks = f.number<std::uint32_t>("chunks");
  record.bytes = f.number<std::uint64_t>("bytes");
  record.invalid_utf8 = f.flag("invalid_utf8");
  record.raw_sample = f.text_or_empty("raw_sample");
  record.token_error = f.text_or_empty("token_error");
  const auto stored = f.find("tokens");
  if (stored && tokens == Tokens::read) record.tokens = decode_tokens(*stored, place);
  return record;
}

TcpCounts read_tcp(const Fields& f) {
  return {f.number<std::uint64_t>("segments_out"), f.number<std::uint64_t>("segments_in"),
          f.number<std::uint64_t>("retransmits"), f.number<std::uint64_t>("out_of_order"), true};
}

CellHealth read_health(const Fields& f) {
  CellHealth health;
  health.loop_turns = f.number<std::uint64_t>("loop_turns");
  health.loop_lag_p50 = f.duration("loop_lag_p50");
  health.loop_lag_p99 = f.duration("loop_lag_p99");
  health.loop_lag_max = f.duration("loop_lag_max");
  health.schedule_lag_p50 = f.duration("schedule_lag_p50");
  health.schedule_lag_p99 = f.duration("schedule_lag_p99");
  health.schedule_lag_max = f.duration("schedule_lag_max");
  health.client_cpu = f.real("client_cpu");
  health.max_starts_per_turn = f.number<std::uint32_t>("max_starts_per_turn");
  health.stale_retries = f.number<std::uint32_t>("stale_retries");
  health.loops = f.number_or<std::uint32_t>("loops", 1);
  // Runs stored before these were measured lack them.
  health.wake_lag_p50 = f.duration_or_zero("wake_lag_p50");
  health.wake_lag_p99 = f.duration_or_zero("wake_lag_p99");
  health.wake_lag_max = f.duration_or_zero("wake_lag_max");
  health.receive_queue_p99 = f.number_or<std::uint64_t>("receive_queue_p99", 0);
  health.receive_queue_max = f.number_or<std::uint64_t>("receive_queue_max", 0);
  health.recorder_stalls = f.number_or<std::uint64_t>("recorder_stalls", 0);
  if (f.find("tcp")) health.tcp = read_tcp(f.object("tcp"));
  return health;
}

void read_end(const Fields& f, std::size_t requests, CellRecord& cell) {
  cell.begin = f.stamp("begin");
  cell.measured_begin = f.stamp("measured_begin");
  cell.end = f.stamp("ended");
  cell.interrupted = f.flag("interrupted");
  cell.health = read_health(f.object("health"));
  const auto declared = f.number<std::size_t>("requests");
  if (declared != requests) {
    f.fail("requests", fmt::format("{} requests in the file", requests),
           fmt::format("{}", declared));
  }
}
}  // namespace

struct CellDecoder::State {
  dom::parser parser;
  Tokens tokens = Tokens::read;
  std::size_t requests = 0;  ///< so far

  dom::object parse(std::string_view line, const Place& place) {
    dom::element element;
    const auto error = parser.parse(line.data(), line.size(), false).get(element);
    dom::object object;
    if (error != simdjson::SUCCESS || element.get(object) != simdjson::SUCCESS) {
      const std::string why =
          error != simdjson::SUCCESS ? simdjson::error_message(error) : "no object";
      throw DataError(place, "", line.empty() ? "an empty line" : std::string(line.substr(0, 200)),
                      fmt::format("one JSON object ({})", why));
    }
    return object;
  }
};

CellDecoder::CellDecoder(std::string path, Tokens tokens)
    : state_(std::make_unique<State>()), path_(std::move(path)) {
  state_->tokens = tokens;
}
CellDecoder::~CellDecoder() = default;

void CellDecoder::header(std::string_view line, CellRecord& cell) {
  constexpr std::array kKinds{CellKind::load, CellKind::aa, CellKind::prime, CellKind::quality};
  const Place place{path_, 1, 0};
  const Fields f(state_->parse(line, place), place);
  const int format = f.number<int>("abgate_cell");
  if (format != kFormat)
    f.fail("abgate_cell", fmt::format("format {}", format), fmt::format("format {}", kFormat));
  cell.point = f.text("point");
  cell.kind = f.word("kind", kKinds);
  cell.block = f.number<std::uint32_t>("block");
  cell.arm = f.word("arm", kArms);
  cell.load = read_load(f.object("load"));
}

bool CellDecoder::next(std::string_view line, int number, CellRecord& cell) {
  const Place place{path_, number, 0};
  const Fields f(state_->parse(line, place), place);
  if (f.find("end")) {
    read_end(f, state_->requests, cell);
    return true;
  }
  cell.requests.push_back(read_record(f, place, cell.arm, state_->tokens));
  ++state_->requests;
  return false;
}

}  // namespace abgate::store
