#include "sse/splitter.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "core/rng.hpp"

using namespace abgate;
using namespace abgate::sse;

namespace {

using Ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// The body in pieces that end at `cuts`.
Ranges split(const std::string& body, const std::vector<std::size_t>& cuts) {
  Ranges out;
  EventSplitter splitter;
  const auto keep = [&](std::uint32_t offset, std::uint32_t length) {
    out.emplace_back(offset, length);
  };
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    splitter.feed(std::string_view(body).substr(from, cut - from), keep);
    from = cut;
  }
  splitter.feed(std::string_view(body).substr(from), keep);
  splitter.finish(keep);
  return out;
}

std::vector<std::string> texts(const std::string& body, const std::vector<std::size_t>& cuts = {}) {
  std::vector<std::string> out;
  for (const auto& [offset, length] : split(body, cuts)) out.push_back(body.substr(offset, length));
  return out;
}

/// Line by line over the whole body: slow, obvious, and without state between reads.
std::vector<std::string> oracle(const std::string& body) {
  std::vector<std::string> events;
  std::string lines, ends;  // lines of the event with their ends; the last end is kept apart
  bool field = false;
  const auto close = [&] {
    if (field) events.push_back(lines);
    lines.clear();
    ends.clear();
    field = false;
  };
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find_first_of("\r\n", at), body.size());
    const std::string line = body.substr(at, end - at);
    const std::size_t skip = end == body.size() ? 0 : body.substr(end, 2) == "\r\n" ? 2 : 1;
    if (line.empty()) {
      close();
    } else {
      field = field || line[0] != ':';
      lines += ends + line;
      ends = body.substr(end, skip);
    }
    at = end + skip;
  }
  close();
  return events;
}

}  // namespace

TEST_CASE("Events end at a blank line, whatever ends the lines", "[sse]") {
  const std::vector<std::string> two{"data: a", "data: b"};
  REQUIRE(texts("data: a\n\ndata: b\n\n") == two);
  REQUIRE(texts("data: a\r\n\r\ndata: b\r\n\r\n") == two);
  REQUIRE(texts("data: a\r\rdata: b\r\r") == two);
  REQUIRE(texts("data: a\r\n\ndata: b\n\r\n") == two);
}

TEST_CASE("The last event counts although no blank line follows it", "[sse]") {
  REQUIRE(texts("data: a\n\ndata: b") == std::vector<std::string>{"data: a", "data: b"});
  REQUIRE(texts("data: a\n\ndata: b\n") == std::vector<std::string>{"data: a", "data: b"});
  REQUIRE(texts("data: a\n\ndata: b\r") == std::vector<std::string>{"data: a", "data: b"});
}

TEST_CASE("Comments alone are no event, comments within one belong to it", "[sse]") {
  REQUIRE(texts(": ping\n\n:\n\ndata: a\n\n: ping - now\r\n\r\n") ==
          std::vector<std::string>{"data: a"});
  REQUIRE(texts(": x\nevent: e\ndata: a\n\n") ==
          std::vector<std::string>{": x\nevent: e\ndata: a"});
}

TEST_CASE("Blank lines before and between events make no events", "[sse]") {
  REQUIRE(texts("\n\n\r\n\rdata: a\n\n\n\n\ndata: b\n\n\n") ==
          std::vector<std::string>{"data: a", "data: b"});
  REQUIRE(texts("").empty());
  REQUIRE(texts("\n").empty());
}

TEST_CASE("Offsets count from the first byte of the body over all reads", "[sse]") {
  REQUIRE(split("data: a\n\nid: 1\ndata: b\n\n", {3, 8, 9, 15}) == Ranges{{0, 7}, {9, 13}});
}

TEST_CASE("Where reads are cut changes nothing", "[sse]") {
  const std::string body =
      "\xEF\xBB\xBF"
      "data: {\"a\":1}\r\n\r\n: ping\n\nevent: x\r\ndata: 1\r\ndata: 2\r\n\r\n\rdata:3\r\rdata: "
      "4\n\ndata: \xF0\x9F\x98\x80\r\n\n";
  const auto whole = texts(body);
  REQUIRE(whole == oracle(body));
  for (std::size_t i = 0; i <= body.size(); ++i) {
    for (std::size_t j = i; j <= body.size(); ++j) REQUIRE(texts(body, {i, j}) == whole);
  }
  std::vector<std::size_t> every(body.size());
  for (std::size_t i = 0; i < every.size(); ++i) every[i] = i;
  REQUIRE(texts(body, every) == whole);
}

TEST_CASE("Random bodies split like the plain reading of the standard", "[sse]") {
  Rng rng(20240501);
  const std::string alphabet = "\n\n\n\r\r:ad \x00\xFF";
  for (int round = 0; round < 20000; ++round) {
    std::string body(rng.below(40), ' ');
    for (char& c : body) c = alphabet[rng.below(alphabet.size())];
    std::vector<std::size_t> cuts(rng.below(4));
    for (std::size_t& cut : cuts) cut = rng.below(body.size() + 1);
    std::sort(cuts.begin(), cuts.end());
    REQUIRE(texts(body, cuts) == oracle(body));
  }
}

TEST_CASE("Events of one wake-up are marked, and only those", "[sse]") {
  RawStream stream;
  StreamCollector collector;
  const auto at = [](int value) { return Duration(value); };
  collector.append(stream, "data: 1\n\ndata: 2\n\nda", at(1), false);
  collector.append(stream, "ta: 3\n\n", at(2), false);
  collector.append(stream, "data: 4\n\n", at(3), true);  // one wake-up, two pieces
  collector.append(stream, "dat", at(4), false);         // brings no event
  collector.append(stream, "a: 5\n\n", at(5), true);     // so this is the first of its wake-up
  collector.append(stream, "data: 6", at(6), false);
  collector.finish(stream, at(9));
  REQUIRE(stream.events.size() == 6);
  std::vector<int> stamps;
  std::vector<bool> same;
  for (const StampedEvent& event : stream.events) {
    stamps.push_back(static_cast<int>(event.at.count()));
    same.push_back(event.same_read);
  }
  REQUIRE(stamps == std::vector<int>{1, 1, 2, 3, 5, 6});
  REQUIRE(same == std::vector<bool>{false, true, false, true, false, false});
  REQUIRE(stream.first_byte == at(1));
  REQUIRE(stream.closed == at(9));
}

TEST_CASE("A long body is kept in pieces until it is joined, byte by byte what came", "[sse]") {
  Rng rng(11);
  RawStream stream;
  StreamCollector collector;
  const auto at = [](int value) { return Duration(value); };
  std::string body;
  for (int i = 0; i < 400; ++i) {
    // Some reads are larger than a piece.
    const std::string text(rng.below(i % 97 == 0 ? 60'000 : 700), static_cast<char>('a' + i % 26));
    const std::string event = "data: " + text + "\n\n";
    const std::size_t cut = rng.below(event.size());
    collector.append(stream, event.substr(0, cut), at(i), false);
    collector.append(stream, event.substr(cut), at(i), true);
    body += event;
    REQUIRE(stream.size() == body.size());
  }
  collector.finish(stream, at(400));
  REQUIRE(stream.filled.size() > 10);
  for (const std::string& piece : stream.filled) {
    REQUIRE(piece.capacity() <= std::max(StreamCollector::kPieceBytes, std::size_t{60'010}));
  }
  stream.join();
  REQUIRE(stream.filled.empty());
  REQUIRE(stream.bytes == body);
  REQUIRE(stream.events.size() == 400);
  for (const StampedEvent& event : stream.events) {
    REQUIRE(body.compare(event.offset, 6, "data: ") == 0);
    REQUIRE(body.compare(event.offset + event.length, 2, "\n\n") == 0);
  }
}
