// Each way in which an endpoint fails has a class and a line that says what it said.
#include "catch.hpp"
#include "feed.hpp"

using namespace abgate;
using namespace abgate::sse;

namespace {

std::string outcome(const std::string& body, const Response& how = {}) {
  return describe(read_completion(body, how).outcome);
}
const Response k400{400, "application/json", true};
const Response kCut{200, "text/event-stream", false};

}  // namespace

TEST_CASE("HTTP errors in every envelope keep status, type and message", "[sse]") {
  REQUIRE(
      outcome(
          R"({"error":{"message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}})",
          {404, "application/json", true}) ==
      "http_error 404 NotFoundError: The model `x` does not exist.");
  REQUIRE(
      outcome(
          R"({"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400})",
          k400) == "http_error 400 BadRequestError: too long");
  REQUIRE(outcome(R"({"error":"Unauthorized"})", {401, "application/json", true}) ==
          "http_error 401 : Unauthorized");
  REQUIRE(outcome(R"({"error":"overloaded","error_type":"overloaded"})",
                  {429, "application/json", true}) == "http_error 429 overloaded: overloaded");
  REQUIRE(outcome(R"({"detail":"Not Found"})", {404, "application/json", true}) ==
          "http_error 404 : Not Found");
  REQUIRE(outcome(R"({"detail":[{"loc":["body"],"msg":"Field required"}]})",
                  {422, "application/json", true}) ==
          R"(http_error 422 : [{"loc":["body"],"msg":"Field required"}])");
  REQUIRE(outcome(R"({"message":"no Route matched"})", {404, "application/json", true}) ==
          "http_error 404 : no Route matched");
  REQUIRE(outcome(R"({"ok":false})", {503, "application/json", true}) ==
          R"(http_error 503 : {"ok":false})");
  REQUIRE(outcome(R"({"error":{"code":400,"message":"","type":"invalid"}})", k400) ==
          "http_error 400 invalid: 400");
}

TEST_CASE("HTTP errors without JSON keep what a person can read", "[sse]") {
  REQUIRE(outcome("Internal Server Error", {500, "text/plain", true}) ==
          "http_error 500 : Internal Server Error");
  REQUIRE(outcome("<html><head><title>502 Bad Gateway</title></head></html>",
                  {502, "text/html", true}) == "http_error 502 : page \"502 Bad Gateway\"");
  REQUIRE(outcome("", {503, "", true}) == "http_error 503 : ");
  const RequestRecord record = read_completion("<html>oops", {502, "text/html", true});
  REQUIRE(record.raw_sample == "<html>oops");
  REQUIRE(record.text.empty());
}

TEST_CASE("An HTTP error stays one when its body was cut", "[sse]") {
  REQUIRE(outcome(R"({"error":{"mess)", {500, "application/json", false}) ==
          R"(http_error 500 : {"error":{"mess)");
}

TEST_CASE("Status 200 with an error object is an HTTP error", "[sse]") {
  REQUIRE(outcome(R"({"error":{"message":"not a chat model","type":"BadRequestError","code":400}})",
                  {200, "application/json", true}) ==
          "http_error 200 BadRequestError: not a chat model");
}

TEST_CASE("Status 200 with something else than a stream is told from a stream", "[sse]") {
  REQUIRE(outcome("<!doctype html><title>Sign in</title>", {200, "text/html", true}) ==
          "stream_error not_sse: text/html: page \"Sign in\"");
  REQUIRE(outcome("OK", {200, "text/plain", true}) == "stream_error not_sse: text/plain: OK");
  REQUIRE(outcome("line\n\nline: x\n\n", {200, "", true}) ==
          "stream_error not_sse: no content type: line\\n\\nline: x");
  REQUIRE(outcome(R"({"status":"ok"})", {200, "application/json", true}) ==
          R"(stream_error not_sse: application/json: {"status":"ok"})");
  REQUIRE(outcome("[1,2]", {200, "application/json", true}) ==
          "stream_error malformed: the body is no JSON object");
  REQUIRE(outcome(R"({"choices":[{"te)", {200, "application/json", false}) ==
          "stream_error truncated: the body is cut after 0 events");
}

TEST_CASE("Error events inside a stream fail it, in every shape", "[sse]") {
  const std::string begin = chunk("a");
  REQUIRE(
      outcome(
          begin +
          data(
              R"({"error": {"message": "engine died", "type": "BadRequestError", "param": null, "code": 400}})") +
          kDone) == "stream_error error_event: BadRequestError 400 engine died");
  REQUIRE(outcome(begin + data(R"({"error":"boom","error_type":"generation"})")) ==
          "stream_error error_event: generation boom");
  REQUIRE(
      outcome(begin + data(R"({"object":"error","message":"cancelled","type":"x","code":499})")) ==
      "stream_error error_event: x 499 cancelled");
  REQUIRE(
      outcome(begin + data(R"({"error":{"message":"","type":"","code":"insufficient_quota"}})")) ==
      "stream_error error_event: insufficient_quota "
      "{\"message\":\"\",\"type\":\"\",\"code\":\"insufficient_quota\"}");
  REQUIRE(outcome(begin + data(R"({"error":{}})")) == "stream_error error_event: {}");
  REQUIRE(
      outcome(begin +
              "error: {\"code\":500,\"message\":\"slot gone\",\"type\":\"server_error\"}\n\n") ==
      "stream_error error_event: server_error 500 slot gone");
  REQUIRE(outcome(begin + "error: plain words\n\n") == "stream_error error_event: plain words");
  REQUIRE(outcome(begin + "event: error\ndata: {\"why\":\"x\"}\n\n") ==
          R"(stream_error error_event: {"why":"x"})");
  REQUIRE(
      outcome(
          begin +
          data(
              R"({"choices":[{"text":"","finish_reason":"error"}],"error":{"code":502,"message":"upstream"}})")) ==
      "stream_error error_event: 502 upstream");
  REQUIRE(outcome(begin + chunk("", "\"error\"") + kDone) ==
          "stream_error error_event: finish_reason is \"error\"");
}

TEST_CASE("An error event wins over a finish, a broken end and [DONE]; what came before is kept",
          "[sse]") {
  const RequestRecord record = read_completion(
      chunk("a") + chunk("b", "\"stop\"") + data(R"({"error":{"message":"late"}})") + kDone, kCut);
  REQUIRE(describe(record.outcome) == "stream_error error_event: late");
  REQUIRE(record.text == "ab");
  REQUIRE(record.stream.events.size() == 2);
  REQUIRE(record.raw_sample == R"(data: {"error":{"message":"late"}})");
}

TEST_CASE("A stream without finish_reason is truncated", "[sse]") {
  REQUIRE(outcome(chunk("a")) == "stream_error truncated: no finish_reason after 1 events");
  REQUIRE(outcome(chunk("a") + kDone) == "stream_error truncated: no finish_reason after 1 events");
  REQUIRE(outcome("") == "stream_error truncated: the body is empty after 0 events");
  REQUIRE(outcome(": ping\n\n") == "stream_error truncated: no finish_reason after 0 events");
  REQUIRE(outcome(chunk("a") + chunk("b").substr(0, 50)) ==
          "stream_error truncated: the last event is cut after 2 events");
  REQUIRE(outcome(chunk("a", "\"stop\""), kCut) ==
          "stream_error truncated: the connection ended early after 1 events");
  REQUIRE(read_completion(chunk("a") + chunk("b")).raw_sample == chunk("a") + chunk("b"));
}

TEST_CASE("The caller's reason for a broken transfer stays, unless the answer was whole", "[sse]") {
  const std::vector<std::string> part{chunk("a")};
  const std::vector<std::string> whole{chunk("a", "\"stop\""), kDone};
  for (const Outcome& why : {Outcome(TimedOut{Stage::idle}), Outcome(Cancelled{}),
                             Outcome(TransportError{"reset", "peer", false})}) {
    RequestRecord record;
    record.outcome = why;
    build_record(collect(part, kCut), false, record);
    REQUIRE(record.outcome == why);
    REQUIRE(record.text == "a");
    build_record(collect(whole, kCut), false, record);
    REQUIRE(record.outcome == Outcome(Completed{"stop"}));
  }
}

TEST_CASE("Without a response the caller's reason stays", "[sse]") {
  RequestRecord record;
  record.outcome = TransportError{"connect", "refused", false};
  build_record(RawStream{}, false, record);
  REQUIRE(describe(record.outcome) == "transport_error connect: refused");
  RequestRecord unknown;
  build_record(RawStream{}, false, unknown);
  REQUIRE(describe(unknown.outcome) == "transport_error other: no response");
}

TEST_CASE("An answer of no tokens is empty", "[sse]") {
  REQUIRE(outcome(chunk("", "\"stop\"") + usage_chunk(7, 0) + kDone) ==
          "stream_error empty: no token was generated");
  REQUIRE(outcome(chunk("", "\"stop\"") + kDone) == "stream_error empty: no token was generated");
  REQUIRE(outcome(kDone) == "stream_error empty: no token was generated");
}

TEST_CASE("A garbage event fails the request and is kept", "[sse]") {
  for (const std::string garbage :
       {"{\"choices\":[{]}", "not json", "null", "7", "[]", "{\"a\":1}}", "{\"t\":NaN}"}) {
    const RequestRecord record = read_completion(chunk("a") + data(garbage) +
                                                 chunk("b", "\"stop\"") + data("{second") + kDone);
    REQUIRE(describe(record.outcome) ==
            "stream_error malformed: an event is no JSON object: data: " + garbage);
    REQUIRE(record.raw_sample == "data: " + garbage);
    REQUIRE(record.text == "ab");
  }
  const RequestRecord nul = read_completion(data(std::string("{\"a\0\":1}", 8)) + kDone);
  REQUIRE(outcome_class(nul.outcome) == "stream_error");
}

TEST_CASE("A server-side abort is a failure", "[sse]") {
  REQUIRE(outcome(chunk("a") + chunk("", "\"abort\"") + kDone) ==
          "stream_error aborted: the server aborted the request");
}

TEST_CASE("Samples and messages are bounded and valid UTF-8", "[sse]") {
  const std::string huge = "{\"error\":{\"message\":\"" + std::string(100000, 'x') + "\"}}";
  const RequestRecord error = read_completion(huge, {500, "application/json", true});
  REQUIRE(error.raw_sample.size() == 2048);
  REQUIRE(std::get<HttpError>(error.outcome).message.size() < 700);
  const RequestRecord bad = read_completion(data("\xFF\xFE") + kDone);
  REQUIRE(bad.raw_sample == "data: \xEF\xBF\xBD\xEF\xBF\xBD");
  REQUIRE(std::get<StreamError>(bad.outcome).what == "malformed");
}

TEST_CASE("Deep nesting and long documents neither crash nor hang", "[sse]") {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  REQUIRE(outcome_class(read_completion(data("{\"a\":" + deep + "}") + kDone).outcome) ==
          "stream_error");
  const std::string text(5'000'000, 'x');
  REQUIRE(read_completion(chunk(text, "\"stop\"") + kDone).text == text);
}
