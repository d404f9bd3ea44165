// Tokens with their log-probabilities in a raw line.
#include <cmath>
#include <limits>

#include "catch.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "samples.hpp"
#include "store/cell_codec.hpp"
#include "store/gzip.hpp"

using namespace abgate;
using namespace abgate::store;
using namespace abgate::test;

namespace {

RequestRecord decoded(std::string line, Tokens tokens = Tokens::read) {
  line.reserve(line.size() + GzipLines::kPadding);
  CellRecord cell;
  CellDecoder decoder("raw.jsonl.gz", tokens);
  decoder.next(std::string_view(line).substr(0, line.find('\n')), 7, cell);
  return cell.requests.at(0);
}

ScoredToken token(std::int64_t id, const std::string& text, double logprob,
                  std::vector<RankedToken> top) {
  ScoredToken t;
  t.id = id;
  t.text = text;
  t.logprob = logprob;
  t.top = std::move(top);
  return t;
}

RequestRecord plain() {
  RequestRecord r = plain_request(0, 2);
  r.arm = Arm::baseline;  // what a decoder without a header takes it for
  return r;
}

RequestRecord with_ids() {
  RequestRecord r = plain();
  r.tokens = {token(12, "", -0.01234, {{12, "", -0.01234}, {7, "", -4.5}}),
              token(13, "", -9999, {{9, "", 0}, {13, "", -9999}})};
  return r;
}

std::string refusal(const std::string& tokens) {
  const RequestRecord r = plain_request(0, 2);
  std::string line = encode_record(r);
  line.insert(line.rfind('}'), ",\"tokens\":" + tokens);
  try {
    decoded(line);
  } catch (const DataError& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("tokens of an answer are lists, in hundred-thousandths of a nat", "[tokens]") {
  const std::string line = encode_record(with_ids());
  INFO(line);
  REQUIRE(line.find(
              R"("tokens":{"id":[12,13],"lp":[-1234,-999900000],"tops":2,)"
              R"("top_id":[12,7,9,13],"top_lp":[-1234,-448766,0,-999900000]}})") !=
          std::string::npos);
  REQUIRE(same(decoded(line), with_ids()));
}

TEST_CASE("texts, half characters, lists of any length and no tokens come back", "[tokens]") {
  RequestRecord r = plain();
  r.tokens = {token(-1, " Paris", -0.5, {{-1, " Paris", -0.5}, {-1, "\xC3", -1.5}, {4, "", -2}}),
              token(-1, "\xBC", -1, {}), token(5, "", 0, {{-1, "\"\n", -0.25}})};
  const RequestRecord back = decoded(encode_record(r));
  REQUIRE(same(back, r));
  REQUIRE(back.tokens[0].top[1].text == "\xC3");
  RequestRecord without = plain();
  REQUIRE(encode_record(without).find("\"tokens\"") == std::string::npos);
  without.token_error = "logprobs: saw 7, want a list";
  REQUIRE(same(decoded(encode_record(without)), without));
}

TEST_CASE("a reader that does not want tokens gets everything else", "[tokens]") {
  const RequestRecord back = decoded(encode_record(with_ids()), Tokens::skip);
  REQUIRE(back.tokens.empty());
  REQUIRE(back.text == with_ids().text);
}

TEST_CASE("a secret is not spelled out in tokens", "[tokens]") {
  const Redactor redact({"sk-secret-value"});
  RequestRecord r = with_ids();
  REQUIRE(same(decoded(encode_record(r, redact)), r));
  r.text = "the key is sk-secret-value";
  std::string line = encode_record(r, redact);
  REQUIRE(line.find("\"tokens\"") == std::string::npos);
  REQUIRE(line.find("its tokens are not kept") != std::string::npos);
  r.text = "hidden in what is no text";
  r.tokens = {token(-1, "sk-secret", -1, {}), token(-1, "-value", -1, {})};
  line = encode_record(r, redact);
  REQUIRE(line.find("\"tokens\"") == std::string::npos);
  r.tokens = {token(-1, "x", -1, {{-1, "sk-secret-value", -1}})};
  line = encode_record(r, redact);
  REQUIRE(line.find("sk-secret-value") == std::string::npos);
}

TEST_CASE("broken tokens are one line with file, line and key", "[tokens]") {
  REQUIRE(refusal("7") == "raw.jsonl.gz:7: tokens: saw 7, want an object");
  REQUIRE(refusal("{}") == "raw.jsonl.gz:7: lp: saw nothing, want a list");
  REQUIRE(refusal(R"({"lp":[1],"tops":0,"top_lp":[]})") ==
          "raw.jsonl.gz:7: lp: saw 1, want hundred-thousandths of a nat from -999900000 to 0");
  REQUIRE(refusal(R"({"lp":[-1.5],"tops":0,"top_lp":[]})") ==
          "raw.jsonl.gz:7: lp: saw -1.5, want a whole number");
  REQUIRE(refusal(R"({"lp":[-1],"top_lp":[]})") ==
          "raw.jsonl.gz:7: tops: saw nothing, want a count");
  REQUIRE(refusal(R"({"lp":[-1],"tops":-1,"top_lp":[]})") ==
          "raw.jsonl.gz:7: tops: saw -1, want a count of rivals");
  REQUIRE(refusal(R"({"lp":[-1],"tops":[1,1],"top_lp":[]})") ==
          "raw.jsonl.gz:7: tops: saw 2 entries, want 1, as many as log-probabilities");
  REQUIRE(refusal(R"({"lp":[-1],"tops":100000,"top_lp":[-1]})") ==
          "raw.jsonl.gz:7: top_lp: saw 1 entries, want 100000, as many as log-probabilities");
  REQUIRE(refusal(R"({"lp":[-1],"id":[1,2],"tops":0,"top_lp":[]})") ==
          "raw.jsonl.gz:7: id: saw 2 entries, want 1, as many as log-probabilities");
  REQUIRE(refusal(R"({"lp":[-1],"id":[-2],"tops":0,"top_lp":[]})") ==
          "raw.jsonl.gz:7: id: saw -2, want a token id, or -1");
  REQUIRE(refusal(R"({"lp":[-1],"text":[7],"tops":0,"top_lp":[]})") ==
          "raw.jsonl.gz:7: text: saw 7, want text, or {\"hex\":\"…\"}");
  REQUIRE(refusal(R"({"lp":[-1],"tops":1,"top_lp":[-9223372036854775808]})") ==
          "raw.jsonl.gz:7: top_lp: saw -9223372036854775808, want a smaller step");
  REQUIRE(refusal(R"({"lp":[-1],"tops":2,"top_lp":[-5,9]})") ==
          "raw.jsonl.gz:7: top_lp: saw 4, want hundred-thousandths of a nat from -999900000 to 0");
}

TEST_CASE("any tokens come back, rounded", "[tokens]") {
  Rng rng(7);
  for (int round = 0; round < 300; ++round) {
    RequestRecord r = plain();
    for (std::uint64_t n = rng.below(6); n > 0; --n) {
      std::vector<RankedToken> top;
      double lp = 0;
      for (std::uint64_t k = rng.below(5); k > 0; --k) {
        lp -= std::abs(rng.normal());
        top.push_back({static_cast<std::int64_t>(rng.below(3)) - 1,
                       std::string(rng.below(3), static_cast<char>(rng.below(256))),
                       std::round(lp * 1e5) / 1e5});
      }
      r.tokens.push_back(token(static_cast<std::int64_t>(rng.below(1u << 20)) - 1,
                               std::string(rng.below(3), static_cast<char>(rng.below(256))),
                               std::round(-std::abs(rng.normal()) * 1e5) / 1e5, top));
    }
    REQUIRE(same(decoded(encode_record(r)), r));
  }
}
