#include "store/cell_codec.hpp"

#include "catch.hpp"
#include "core/error.hpp"
#include "samples.hpp"
#include "store/gzip.hpp"

using namespace abgate;
using namespace abgate::store;
using namespace abgate::test;

namespace {
/// The line followed by the padding that the decoder may read.
std::string padded(std::string line) {
  line.reserve(line.size() + GzipLines::kPadding);
  return line;
}

std::string_view without_newline(const std::string& line) {
  return std::string_view(line).substr(0, line.find('\n'));
}

RequestRecord round_trip(const RequestRecord& record, const Redactor& redact = {}) {
  CellRecord cell;
  cell.arm = record.arm;
  CellDecoder decoder("raw.jsonl.gz");
  const std::string line = padded(encode_record(record, redact));
  REQUIRE_FALSE(decoder.next(without_newline(line), 2, cell));
  REQUIRE(cell.requests.size() == 1);
  return cell.requests[0];
}

CellRecord decode_line(const std::string& text) {
  CellRecord cell;
  CellDecoder decoder("raw.jsonl.gz");
  decoder.next(without_newline(padded(text)), 7, cell);
  return cell;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}
}  // namespace

TEST_CASE("a request comes back as it was written") {
  const RequestRecord record = plain_request(17);
  REQUIRE(same(round_trip(record), record));
}

TEST_CASE("a line of a raw file reads as documented") {
  RequestRecord r = plain_request(0, 3);
  r.text = "x";
  r.usage->cached_tokens.reset();
  REQUIRE(
      encode_record(r) ==
      R"({"id":"c8/003-candidate/0","prompt":"humaneval-0","index":0,"phase":"measured","item":0,"max_tokens":128,)"
      R"("due":1000000000,"started":1000000000,"headers":400000001,"first_byte":500000001,)"
      R"("at":[500000002,40000123,40000123],"tok":1,"finish":580000248,"closed":2000000000,"counts_known":true,)"
      R"("out":{"class":"completed","finish_reason":"stop"},"usage":{"prompt":735,"completion":3},"text":"x",)"
      R"("chunks":5,"bytes":4711})"
      "\n");
}

TEST_CASE("every outcome comes back") {
  const std::vector<Outcome> outcomes{Completed{"length"},
                                      HttpError{500, "InternalServerError", "CUDA out of memory"},
                                      TransportError{"reset", "connection reset by peer", false},
                                      TransportError{"other", "too many open files", true},
                                      StreamError{"error_event", "engine died"},
                                      TimedOut{Stage::connect},
                                      TimedOut{Stage::first_token},
                                      TimedOut{Stage::idle},
                                      TimedOut{Stage::total},
                                      Cancelled{},
                                      NotSent{"interrupted"}};
  for (const Outcome& outcome : outcomes) {
    RequestRecord record = plain_request(1);
    record.outcome = outcome;
    REQUIRE(same(round_trip(record), record));
  }
}

TEST_CASE("token counts of any shape come back") {
  RequestRecord record = plain_request(1, 5);
  const std::vector<std::vector<std::uint32_t>> shapes{
      {0, 0, 0, 0, 0}, {1, 2, 3, 4, 5}, {3, 6, 9, 12, 15},
      {1, 1, 4, 4, 9}, {5, 4, 3, 2, 1}, {4294967295, 0, 4294967295, 7, 7}};
  for (const auto& shape : shapes) {
    for (std::size_t i = 0; i < shape.size(); ++i) record.stream.events[i].tokens = shape[i];
    REQUIRE(same(round_trip(record), record));
  }
}

TEST_CASE("events that share a read are told apart") {
  RequestRecord record = plain_request(1, 6);
  record.stream.events[2].with_previous = record.stream.events[5].with_previous = true;
  REQUIRE(same(round_trip(record), record));
}

TEST_CASE("text of any bytes comes back") {
  for (const std::string& text :
       {std::string("\0a\0", 3), std::string("\xff\xfe broken"), std::string("\x1b[31mred\x1b[0m"),
        std::string("\xe2\x80\xae reversed"), std::string("cut \xf0\x9f\x98"), std::string()}) {
    RequestRecord record = plain_request(1);
    record.text = record.raw_sample = record.prompt_id = text;
    record.outcome = HttpError{502, text, text};
    REQUIRE(same(round_trip(record), record));
  }
}

TEST_CASE("the extremes of every number come back") {
  RequestRecord record = plain_request(4294967295u, 3);
  record.planned.salt = 18446744073709551615u;
  record.planned.max_tokens = -2147483647 - 1;
  record.planned.due = Duration::min();
  record.stream.started = TimePoint::max();
  record.stream.events[0].at = Duration::min();
  record.stream.events[1].at = Duration::max();
  record.stream.closed = Duration::max();
  record.bytes = 18446744073709551615u;
  record.usage = Usage{INT64_MIN, INT64_MAX, INT64_MIN};
  REQUIRE(same(round_trip(record), record));
}

TEST_CASE("secrets in what a server says do not reach the file") {
  RequestRecord record = plain_request(1);
  record.outcome =
      HttpError{401, "invalid_api_key", "Incorrect API key provided: sk-0123456789abcdef"};
  record.raw_sample = record.text = "… sk-0123456789abcdef …";
  const std::string line = encode_record(record, Redactor({"sk-0123456789abcdef"}));
  REQUIRE(line.find("0123456789abcdef") == std::string::npos);
  REQUIRE_THAT(line, ContainsSubstring("Incorrect API key provided: [redacted]"));
}

TEST_CASE("a broken line is refused with file, line, key, seen and wanted") {
  const std::string good = encode_record(plain_request(1, 3));
  REQUIRE_THROWS_WITH(
      decode_line(replaced(good, R"("closed":2000000000)", R"("closed":"soon")")),
      ContainsSubstring(R"(raw.jsonl.gz:7: closed: saw "soon", want a whole number)"));
  REQUIRE_THROWS_WITH(decode_line(replaced(good, R"("closed":2000000000)", R"("closed":1.5)")),
                      ContainsSubstring("closed: saw 1.5"));
  REQUIRE_THROWS_WITH(decode_line(replaced(good, R"("chunks":5,)", "")),
                      ContainsSubstring("chunks: saw nothing"));
  REQUIRE_THROWS_WITH(
      decode_line(replaced(good, R"("chunks":5)", R"("chunks":4294967296)")),
      ContainsSubstring("chunks: saw 4294967296, want a whole number from 0 to 4294967295"));
  REQUIRE_THROWS_WITH(decode_line(replaced(good, R"("tok":1)", R"("tok":[1,1])")),
                      ContainsSubstring("tok: saw 2 numbers, want 3"));
  REQUIRE_THROWS_WITH(decode_line(replaced(good, R"("tok":1)", R"("tok":-1)")),
                      ContainsSubstring("tok: saw -1"));
  REQUIRE_THROWS_WITH(decode_line(replaced(good, R"("tok":1)", R"("tok":1,"same_read":[3])")),
                      ContainsSubstring("same_read: saw 3"));
  REQUIRE_THROWS_WITH(decode_line(replaced(good, "completed", "finished")),
                      ContainsSubstring("class: saw finished, want one of completed,"));
  REQUIRE_THROWS_WITH(decode_line(replaced(good, R"("text":)", R"("text":{"hex":"0g"},"t":)")),
                      ContainsSubstring("text: saw {\"hex\":\"0g\"}, want text, or"));
  REQUIRE_THROWS_WITH(decode_line("[1,2]\n"),
                      ContainsSubstring("raw.jsonl.gz:7: saw [1,2], want one JSON object"));
  REQUIRE_THROWS_WITH(decode_line("\n"), ContainsSubstring("saw an empty line"));
  REQUIRE_THROWS_WITH(decode_line(good.substr(0, good.size() / 2)),
                      ContainsSubstring("want one JSON object"));
}

TEST_CASE("a header of another format is refused") {
  CellRecord cell;
  CellDecoder decoder("raw.jsonl.gz");
  const std::string line =
      padded(replaced(encode_header(plain_cell()), R"("abgate_cell":1)", R"("abgate_cell":2)"));
  REQUIRE_THROWS_WITH(decoder.header(without_newline(line), cell),
                      ContainsSubstring("saw format 2, want format 1"));
}

TEST_CASE("an end line whose count is wrong is refused") {
  CellRecord cell = plain_cell(2);
  CellDecoder decoder("raw.jsonl.gz");
  CellRecord read;
  for (const RequestRecord& r : cell.requests) {
    const std::string line = padded(encode_record(r));
    decoder.next(without_newline(line), 2, read);
  }
  const std::string line = padded(encode_end(cell, {{"completed", 3}}));
  REQUIRE_THROWS_WITH(decoder.next(without_newline(line), 4, cell),
                      ContainsSubstring("saw 2 requests in the file, want 3"));
}
