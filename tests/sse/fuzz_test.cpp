// Seeded: whatever arrives, nothing throws, crashes or depends on where the reads are cut.
#include "catch.hpp"
#include "core/rng.hpp"
#include "feed.hpp"

using namespace abgate;
using namespace abgate::sse;

namespace {

/// Everything but the times, which depend on the reads.
void require_same(const RequestRecord& a, const RequestRecord& b) {
  REQUIRE(a.text == b.text);
  REQUIRE(a.outcome == b.outcome);
  REQUIRE(a.usage == b.usage);
  REQUIRE(a.chunks == b.chunks);
  REQUIRE(a.bytes == b.bytes);
  REQUIRE(a.invalid_utf8 == b.invalid_utf8);
  REQUIRE(a.raw_sample == b.raw_sample);
  REQUIRE(a.stream.counts_known == b.stream.counts_known);
  REQUIRE(a.stream.events.size() == b.stream.events.size());
  for (std::size_t i = 0; i < a.stream.events.size(); ++i) {
    REQUIRE(a.stream.events[i].tokens == b.stream.events[i].tokens);
  }
}

const std::string& sample_body() {
  static const std::string body = "\xEF\xBB\xBF: hello\r\n\r\n" + chunk("", "null", usage(7, 1)) +
                                  chunk("gr\xC3\xBC", "null", usage(7, 2)) +
                                  "event: x\r\nid: 1\rdata: {\"choices\":\ndata: [{\"text\":\" "
                                  "\xF0\x9F\x98\x80\"}],\"usage\":" +
                                  usage(7, 4) + "}\r\n\r\n" +
                                  chunk("\\ud83d", "\"stop\"", usage(7, 5)) + usage_chunk(7, 5) +
                                  kDone;
  return body;
}

}  // namespace

TEST_CASE("A response cut at any byte into two reads is the same response", "[sse]") {
  const std::string& body = sample_body();
  const RequestRecord whole = read_completion(body);
  REQUIRE(describe(whole.outcome) == "completed stop");
  REQUIRE(whole.stream.counts_known);
  REQUIRE(whole.stream.events.size() == 3);
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    require_same(read(std::vector{body.substr(0, cut), body.substr(cut)}, false), whole);
  }
}

TEST_CASE("A response read byte by byte is the same response", "[sse]") {
  std::vector<std::string> bytes;
  for (const char c : sample_body()) bytes.emplace_back(1, c);
  require_same(read(bytes, false), read_completion(sample_body()));
}

TEST_CASE("A response that stops at any byte is complete only if [DONE] came", "[sse]") {
  const std::string& body = sample_body();
  for (std::size_t end = 0; end <= body.size(); ++end) {
    const RequestRecord record =
        read_completion(body.substr(0, end), {200, "text/event-stream", false});
    REQUIRE(succeeded(record.outcome) == (end >= body.find("[DONE]") + 6));
  }
}

TEST_CASE("Random changes of a response never throw or crash", "[sse]") {
  Rng rng(42);
  for (int round = 0; round < 4000; ++round) {
    std::string body = sample_body();
    edit_randomly(body, rng, 6, "{}[]\":,\n\r\\");
    const bool chat = rng.below(2) == 0;
    const Response how{rng.below(8) == 0 ? 500 : 200, "text/event-stream", rng.below(2) == 0};
    const std::size_t cut = rng.below(body.size() + 1);
    require_same(read(std::vector{body.substr(0, cut), body.substr(cut)}, chat, how),
                 read(std::vector{body}, chat, how));
  }
}

TEST_CASE("Random bytes never throw or crash", "[sse]") {
  Rng rng(43);
  for (int round = 0; round < 4000; ++round) {
    std::string body = rng.below(2) == 0 ? "data: {" : "";
    for (std::uint64_t n = rng.below(300); n > 0; --n) body += static_cast<char>(rng.below(256));
    const RequestRecord record = read_completion(body);
    REQUIRE_FALSE(succeeded(record.outcome));
  }
}
