#include "http/response_parser.hpp"

#include <fmt/format.h>

#include <vector>

#include "catch.hpp"
#include "core/rng.hpp"

namespace abgate::http {

namespace {

struct Heard final : ResponseSink {
  std::vector<int> statuses;
  std::string type;
  std::string body;
  void on_head(int status, std::string_view content_type) override {
    statuses.push_back(status);
    type = content_type;
  }
  void on_body(std::string_view bytes) override { body += bytes; }
};

/// Feeds `text` in pieces of the given sizes (the last repeats), as a socket would.
struct Feed {
  ResponseParser parser;
  Heard heard;
  std::string held;

  void operator()(std::string_view text, std::size_t piece) {
    while (!text.empty() && !parser.done() && !parser.failed()) {
      held += text.substr(0, piece);
      text.remove_prefix(std::min(piece, text.size()));
      held.erase(0, parser.feed(held, heard));
    }
    held += text;
  }
};

const std::string kChunked =
    "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Transfer-Encoding: chunked\r\n\r\n"
    "9;ext=1\r\ndata: a\n\n\r\n1A\r\ndata: bbbbbbbbbbbbbbbbbb\n\n\r\n0\r\nTrailer: y\r\n\r\n";

}  // namespace

TEST_CASE("a chunked response is the same wherever it is cut") {
  for (std::size_t piece = 1; piece <= kChunked.size(); ++piece) {
    Feed feed;
    feed(kChunked, piece);
    CAPTURE(piece, feed.parser.error());
    REQUIRE(feed.parser.done());
    REQUIRE(feed.parser.keep_alive());
    REQUIRE(feed.heard.statuses == std::vector<int>{200});
    REQUIRE(feed.heard.type == "text/event-stream; charset=utf-8");
    REQUIRE(feed.heard.body == "data: a\n\ndata: bbbbbbbbbbbbbbbbbb\n\n");
    REQUIRE(feed.held.empty());
  }
}

TEST_CASE("what follows a response is left over") {
  Feed feed;
  feed(kChunked + "HTTP/1.1 200 OK\r\n", 4096);
  REQUIRE(feed.parser.done());
  REQUIRE(feed.held == "HTTP/1.1 200 OK\r\n");
}

TEST_CASE("a body with a length ends with it") {
  Feed feed;
  feed("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nContent-Type: application/json\r\n\r\nhello",
       7);
  REQUIRE(feed.parser.done());
  REQUIRE(feed.heard.statuses == std::vector<int>{404});
  REQUIRE(feed.heard.body == "hello");
}

TEST_CASE("a body without length or chunks ends when the peer closes") {
  Feed feed;
  feed("HTTP/1.0 200 OK\r\n\r\nabc", 4);
  REQUIRE_FALSE(feed.parser.done());
  REQUIRE(feed.parser.finish());
  REQUIRE(feed.heard.body == "abc");
  REQUIRE_FALSE(feed.parser.keep_alive());
}

TEST_CASE("a close before the end is no end") {
  for (const std::string text :
       {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    Feed feed;
    feed(text, 100);
    CAPTURE(text);
    REQUIRE_FALSE(feed.parser.finish());
    REQUIRE_FALSE(feed.parser.failed());
  }
}

TEST_CASE("interim answers are skipped") {
  for (const std::size_t piece : {1U, 3U, 1000U}) {
    Feed feed;
    feed(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        piece);
    REQUIRE(feed.parser.done());
    REQUIRE(feed.heard.statuses == std::vector<int>{200});
    REQUIRE(feed.heard.body == "x");
  }
}

TEST_CASE("connection close is told") {
  Feed feed;
  feed("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 100);
  REQUIRE(feed.parser.done());
  REQUIRE_FALSE(feed.parser.keep_alive());
}

TEST_CASE("what is not HTTP fails with words") {
  for (const std::string text :
       {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "<html>\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1234567890123456789\r\n"}) {
    Feed feed;
    feed(text, 5);
    CAPTURE(text);
    REQUIRE(feed.parser.failed());
    REQUIRE_FALSE(feed.parser.error().empty());
    REQUIRE_FALSE(feed.parser.finish());
  }
}

TEST_CASE("a head without end fails instead of growing") {
  Feed feed;
  feed("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x'), 1000);
  REQUIRE(feed.parser.failed());
}

TEST_CASE("a parser is ready for the next response after reset") {
  Feed feed;
  for (int i = 0; i < 3; ++i) {
    feed.parser.reset();
    feed(kChunked, 11);
    REQUIRE(feed.parser.done());
  }
  REQUIRE(feed.heard.statuses.size() == 3);
}

TEST_CASE("random bytes never upset the parser") {
  Rng rng(11);
  for (int round = 0; round < 2000; ++round) {
    std::string text = rng.below(2) == 0 ? kChunked : std::string();
    for (std::size_t i = 0; i < 80; ++i) text += static_cast<char>(rng.below(256));
    for (std::size_t i = 0; i < 5; ++i)
      text[rng.below(text.size())] = static_cast<char>(rng.next());
    Feed feed;
    feed(text, 1 + rng.below(60));
    static_cast<void>(feed.parser.finish());
  }
}

}  // namespace abgate::http
