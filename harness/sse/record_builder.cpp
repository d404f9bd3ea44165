#include "sse/record_builder.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "sse/delta.hpp"
#include "sse/event_fields.hpp"
#include "sse/utf8.hpp"

namespace abgate::sse {

namespace {

constexpr std::size_t kSampleBytes = 2048;
constexpr std::size_t kMessageBytes = 600;

/// Buffers that live as long as the thread: parsing allocates only for what the record keeps.
struct Buffers {
  DeltaReader reader;
  std::string joined;
};
Buffers& buffers() {
  thread_local Buffers instance;
  return instance;
}

std::string one_line(const ApiError& error) {
  std::string out = error.type;
  for (const std::string& part : {error.code, error.message}) {
    if (!part.empty()) out += (out.empty() ? "" : " ") + part;
  }
  return printable(out.empty() ? "no message" : out, kMessageBytes);
}

/// What an HTML page calls itself, else the text.
std::string page_title(std::string_view body) {
  const std::size_t begin = body.find("<title>");
  const std::size_t end = body.find("</title>");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return std::string(body.substr(0, kMessageBytes));
  }
  return "page \"" + std::string(trim(body.substr(begin + 7, end - begin - 7))) + "\"";
}

/// Reads one stored response into one record.
class Builder {
 public:
  Builder(const RawStream& stream, bool chat, RequestRecord& record)
      : stream_(stream), chat_(chat), record_(record), buffers_(buffers()) {}

  void run() {
    ABGATE_ASSERT(stream_.filled.empty());
    reset();
    const std::string_view body = trim(without_bom(stream_.bytes));
    if (stream_.status == 0) return no_response();
    if (stream_.status != 200) return http_error(body);
    if (body.starts_with('{') || body.starts_with('[')) return whole_answer(body);
    if (body.starts_with('<')) return not_sse(body);
    any_field_ = body.starts_with(':');
    for (const StampedEvent& event : stream_.events) take(event);
    if (!body.empty() && !any_field_) return not_sse(body);
    conclude();
  }

 private:
  static std::string_view without_bom(std::string_view body) {
    constexpr std::string_view kBom = "\xEF\xBB\xBF";
    return body.starts_with(kBom) ? body.substr(kBom.size()) : body;
  }

  void reset() {
    StreamRecord& out = record_.stream;
    out.headers = stream_.headers;
    out.first_byte = stream_.first_byte;
    out.closed = stream_.closed;
    out.events.clear();
    out.events.reserve(stream_.events.size());
    out.finish.reset();
    out.counts_known = false;
    record_.usage.reset();
    record_.text.clear();
    record_.chunks = 0;
    record_.bytes = stream_.bytes.size();
    record_.invalid_utf8 = false;
    record_.raw_sample.clear();
    record_.tokens.clear();
    record_.token_error.clear();
  }

  // --- one event -------------------------------------------------------------------------------

  void take(const StampedEvent& event) {
    same_read_ = same_read_ && event.same_read;
    const std::string_view raw = std::string_view(stream_.bytes).substr(event.offset, event.length);
    const EventFields fields = read_fields(raw, buffers_.joined);
    any_field_ = any_field_ || fields.known;
    if (done_ || fields.has_error) {
      if (!done_) fail_with(buffers_.reader.read_error(fields.error, true), raw);
      return;
    }
    const std::string_view data = trim(fields.data);
    if (data.empty() || data.starts_with(':')) return;  // gateways wrap comments as data
    if (data == "[DONE]") {
      done_ = true;
      return;
    }
    ++record_.chunks;
    if (fields.type == "error") return fail_with(buffers_.reader.read_error(data, true), raw);
    take_json(data, event, raw);
  }

  void take_json(std::string_view data, const StampedEvent& event, std::string_view raw) {
    const char* end_of_body = stream_.bytes.data() + stream_.bytes.size();
    const char* end_of_data = data.data() + data.size();
    const bool in_body = data.data() >= stream_.bytes.data() && end_of_data <= end_of_body;
    const std::size_t readable = in_body ? static_cast<std::size_t>(end_of_body - end_of_data) : 0;
    Delta delta;
    want_tokens(delta);
    const auto status = buffers_.reader.read(data, readable, chat_, delta, record_.text);
    if (status == DeltaReader::Status::malformed) {
      // The last event of a body that was cut is no garbage: the answer is incomplete.
      cut_ = event.offset + event.length == stream_.bytes.size();
      if (!cut_ && !malformed_) sample(raw);
      malformed_ = malformed_ || !cut_;
      return;
    }
    record_.invalid_utf8 = record_.invalid_utf8 || status == DeltaReader::Status::repaired;
    if (delta.error) return fail_with(delta.error, raw);
    apply(delta, event.at);
  }

  void want_tokens(Delta& delta) {
    if (record_.planned.logprobs) delta.tokens = &record_.tokens;
  }

  void apply(const Delta& delta, Duration at) {
    if (record_.token_error.empty()) record_.token_error = delta.token_error;
    std::uint32_t count = 0;
    if (delta.usage) {
      record_.usage = delta.usage;
      count = static_cast<std::uint32_t>(
          std::min<std::int64_t>(delta.usage->completion_tokens, UINT32_MAX));
    }
    auto& events = record_.stream.events;
    const bool counted_on = !events.empty() && counting_ && count > last_count_;
    if (delta.payload || counted_on) {
      counting_ = counting_ && count > 0 && count >= last_count_;
      last_count_ = count;
      events.push_back({at, count, !events.empty() && same_read_});
      same_read_ = true;
    }
    if (delta.finish_reason) {
      finish_reason_ = *delta.finish_reason;
      record_.stream.finish = at;
      finish_count_ = count;
    }
  }

  // --- the whole -------------------------------------------------------------------------------

  void whole_answer(std::string_view body) {
    Delta delta;
    want_tokens(delta);
    const auto status = buffers_.reader.read(body, 0, chat_, delta, record_.text);
    if (status == DeltaReader::Status::malformed) {
      if (!stream_.ended_ok) return truncated("the body is cut");
      sample(body);
      return fail("malformed", "the body is no JSON object");
    }
    record_.invalid_utf8 = status == DeltaReader::Status::repaired;
    if (delta.error) {
      sample(body);
      record_.outcome = HttpError{stream_.status, delta.error->type, message_of(*delta.error)};
      return;
    }
    if (!delta.choice) return not_sse(body);
    record_.chunks = 1;
    apply(delta, stream_.closed);
    conclude();
  }

  void conclude() {
    settle_tokens();
    settle_logprobs();
    if (error_) return fail("error_event", one_line(*error_));
    if (malformed_) return fail("malformed", "an event is no JSON object: " + sample_line());
    if (finish_reason_ == "abort") return fail("aborted", "the server aborted the request");
    if (finish_reason_ == "error") return fail("error_event", "finish_reason is \"error\"");
    if (!stream_.ended_ok && !done_) return truncated("the connection ended early");
    if (cut_) return truncated("the last event is cut");
    if (finish_reason_.empty() && !(done_ && !has_tokens())) {
      return truncated(stream_.bytes.empty() ? "the body is empty" : "no finish_reason");
    }
    if (!has_tokens()) return fail("empty", "no token was generated");
    record_.outcome = Completed{finish_reason_};
  }

  bool has_tokens() const {
    return !record_.stream.events.empty() ||
           (record_.usage && record_.usage->completion_tokens > 0);
  }

  void settle_tokens() {
    auto& events = record_.stream.events;
    // Some servers send zeros where they do not count.
    if (record_.usage && record_.usage->completion_tokens == 0 && !events.empty()) {
      record_.usage.reset();
    }
    if (events.empty() && has_tokens() && record_.stream.finish) {
      events.push_back({*record_.stream.finish, finish_count_, false});
      counting_ = finish_count_ > 0;
    }
    record_.stream.counts_known = counting_ && !events.empty();
    if (counting_) return;
    for (TokenEvent& event : events) event.tokens = 0;
  }

  /// A hole in them would set the arms side by side at different positions.
  void settle_logprobs() {
    auto& tokens = record_.tokens;
    const auto seen = static_cast<std::int64_t>(tokens.size());
    if (record_.token_error.empty() && !tokens.empty() && record_.usage &&
        record_.usage->completion_tokens > 0) {
      const std::int64_t counted = record_.usage->completion_tokens;
      if (seen != counted && seen != counted - 1) {
        record_.token_error = std::to_string(seen) +
                              " tokens with log-probabilities, the server counted " +
                              std::to_string(counted);
      }
    }
    if (!record_.token_error.empty()) tokens.clear();
    tokens.shrink_to_fit();
  }

  // --- failures --------------------------------------------------------------------------------

  void no_response() {
    if (std::holds_alternative<NotSent>(record_.outcome)) {
      record_.outcome = TransportError{"other", "no response", false};
    }
  }

  void http_error(std::string_view body) {
    sample(body);
    ApiError error;
    if (body.starts_with('<')) {
      error.message = page_title(body);
    } else if (!body.empty()) {
      error = *buffers_.reader.read_error(body, true);
    }
    record_.outcome = HttpError{stream_.status, printable(error.type, 120), message_of(error)};
  }

  void not_sse(std::string_view body) {
    sample(body);
    std::string seen = stream_.content_type.empty() ? "no content type" : stream_.content_type;
    fail("not_sse", seen + ": " + (body.starts_with('<') ? page_title(body) : std::string(body)));
  }

  void truncated(const std::string& why) {
    sample_end();
    const Outcome& callers = record_.outcome;
    if (std::holds_alternative<TransportError>(callers) ||
        std::holds_alternative<TimedOut>(callers) || std::holds_alternative<Cancelled>(callers)) {
      return;
    }
    fail("truncated", why + " after " + std::to_string(record_.chunks) + " events");
  }

  void fail(std::string what, const std::string& message) {
    if (record_.raw_sample.empty()) sample_end();
    std::string text;
    append_repaired_utf8(message, text);
    record_.outcome = StreamError{std::move(what), printable(text, kMessageBytes)};
  }

  void fail_with(std::optional<ApiError> error, std::string_view raw) {
    if (error_) return;
    error_ = std::move(error);
    if (!malformed_) sample(raw);
  }

  static std::string message_of(const ApiError& error) {
    return printable(error.message.empty() ? error.code : error.message, kMessageBytes);
  }

  void sample(std::string_view from) {
    record_.raw_sample.clear();
    append_repaired_utf8(from.substr(0, kSampleBytes), record_.raw_sample);
  }
  void sample_end() {
    const std::string_view body = stream_.bytes;
    sample(body.substr(body.size() - std::min(body.size(), kSampleBytes)));
  }
  std::string sample_line() const { return record_.raw_sample.substr(0, kMessageBytes / 4); }

  const RawStream& stream_;
  const bool chat_;
  RequestRecord& record_;
  Buffers& buffers_;
  std::optional<ApiError> error_;
  std::string finish_reason_;
  std::uint32_t last_count_ = 0;
  std::uint32_t finish_count_ = 0;
  bool counting_ = true;   ///< every token-bearing event so far came with a rising count
  bool same_read_ = true;  ///< nothing but events of one read since the last token-bearing one
  bool done_ = false;      ///< [DONE] was seen
  bool malformed_ = false;
  bool cut_ = false;        ///< the last event is incomplete
  bool any_field_ = false;  ///< something that SSE defines was seen
};

}  // namespace

void build_record(const RawStream& stream, bool chat, RequestRecord& record) {
  Builder(stream, chat, record).run();
}

}  // namespace abgate::sse
