#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "sim_fixture.hpp"

using namespace abgate;
using namespace abgate::sim;
using namespace abgate::sim::test;
using Json = nlohmann::json;

namespace {

const std::string kStream =
    R"({"prompt":"def add(a, b):","max_tokens":40,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true}})";
const std::string kWhole = R"({"prompt":"def add(a, b):","max_tokens":40,"ignore_eos":true})";

/// Fixed times of 10 ms a token, first after 50 ms.
VirtualServer faulty(const std::string& faults, const std::string& truth = "") {
  return VirtualServer(exact_profile("null"), parse_faults(faults), {}, "", truth);
}

std::shared_ptr<RecordedExchange> ask(const std::string& faults, const std::string& body) {
  VirtualServer server = faulty(faults);
  auto reply = server.ask("/v1/completions", body, "id");
  REQUIRE(reply->over());
  REQUIRE(server.service->engine_state().running == 0);
  return reply;
}

bool has_done(const RecordedExchange& reply) {
  return reply.received.find("[DONE]") != std::string::npos;
}
bool has_finish(const RecordedExchange& reply) {
  return reply.received.find("\"finish_reason\":\"") != std::string::npos;
}

Duration largest_gap(const RecordedExchange& reply) {
  Duration most{0};
  for (std::size_t i = 1; i < reply.at.size(); ++i)
    most = std::max(most, reply.at[i] - reply.at[i - 1]);
  return most;
}

}  // namespace

TEST_CASE("http500, unauthorized and html answer at once") {
  REQUIRE(ask("http500=1", kStream)->status() == 500);
  REQUIRE_THAT(ask("http500=1", kStream)->body(),
               ContainsSubstring(R"("type":"Internal Server Error")"));
  REQUIRE(ask("unauthorized=1", kStream)->status() == 401);
  const auto page = ask("html=1", kStream);
  REQUIRE(page->status() == 200);
  REQUIRE_THAT(page->head(), ContainsSubstring("content-type: text/html"));
}

TEST_CASE("slow_headers and stall_first delay what they say") {
  VirtualServer slow = faulty("slow_headers=1:2s");
  const TimePoint begin = slow.time;
  const auto late = slow.ask("/v1/completions", kStream);
  REQUIRE(late->at[0] - begin == std::chrono::seconds(2));
  REQUIRE(has_finish(*late));
  VirtualServer stalled = faulty("stall_first=1:30s");
  const auto reply = stalled.ask("/v1/completions", kStream);
  REQUIRE(reply->at[0] == begin);
  REQUIRE(reply->at[1] - reply->at[0] == std::chrono::milliseconds(30'050));
  REQUIRE(has_done(*reply));
}

TEST_CASE("stall_mid pauses once in the middle and loses no token") {
  const auto reply = ask("stall_mid=1:5s", kStream);
  REQUIRE(largest_gap(*reply) >= std::chrono::milliseconds(5000));
  REQUIRE(has_finish(*reply));
  REQUIRE_THAT(reply->received, ContainsSubstring("\"completion_tokens\":40"));
  const auto whole = ask("stall_mid=1:5s", kWhole);
  REQUIRE(Json::parse(whole->body())["usage"]["completion_tokens"] == 40);
}

TEST_CASE("truncate ends a stream without finish_reason and [DONE]; a whole answer is cut") {
  bool orderly = false, abrupt = false;
  for (int i = 0; i < 20; ++i) {
    VirtualServer server = faulty("truncate=1");
    const auto reply = server.ask("/v1/completions", kStream, "id" + std::to_string(i));
    REQUIRE_FALSE(has_done(*reply));
    REQUIRE_FALSE(has_finish(*reply));
    REQUIRE(reply->finished);
    (reply->received.ends_with("0\r\n\r\n") ? orderly : abrupt) = true;
  }
  REQUIRE(orderly);
  REQUIRE(abrupt);
  const auto whole = ask("truncate=1", kWhole);
  REQUIRE_FALSE(whole->kept_alive);
  REQUIRE_FALSE(Json::accept(whole->body()));
}

TEST_CASE("error_event sends the error object in a 200 stream, then [DONE]") {
  const auto reply = ask("error_event=1", kStream);
  REQUIRE(reply->status() == 200);
  const auto events = reply->events();
  REQUIRE(events.back() == "[DONE]");
  REQUIRE(
      events[events.size() - 2] ==
      R"({"error": {"message": "planted fault", "type": "BadRequestError", "param": null, "code": 400}})");
  REQUIRE_FALSE(has_finish(*reply));
  REQUIRE(ask("error_event=1", kWhole)->status() == 500);
}

TEST_CASE("garbage is one event that is no JSON among good ones") {
  const auto reply = ask("garbage=1", kStream);
  int broken = 0;
  for (const std::string& event : reply->events())
    broken += event != "[DONE]" && !Json::accept(event) ? 1 : 0;
  REQUIRE(broken == 1);
  REQUIRE(has_finish(*reply));
  REQUIRE_FALSE(Json::accept(ask("garbage=1", kWhole)->body()));
}

TEST_CASE("reset breaks the connection in the middle") {
  const auto reply = ask("reset=1", kStream);
  REQUIRE(reply->was_reset);
  REQUIRE(reply->events().size() > 1);
  REQUIRE_FALSE(has_finish(*reply));
  REQUIRE(ask("reset=1", kWhole)->received.empty());
}

TEST_CASE("empty is a stream of [DONE] alone") {
  const auto reply = ask("empty=1", kStream);
  REQUIRE(reply->body() == "data: [DONE]\n\n");
  REQUIRE(Json::parse(ask("empty=1", kWhole)->body())["choices"][0]["text"] == "");
}

TEST_CASE("no_usage withholds the usage event") {
  const auto reply = ask("no_usage=1", kStream);
  REQUIRE(has_done(*reply));
  REQUIRE(reply->received.find("\"usage\":{") == std::string::npos);
}

TEST_CASE("merge puts several tokens into one event and loses none") {
  const auto plain = ask("", kStream), merged = ask("merge=0.5", kStream);
  REQUIRE(plain->events().size() == 42);
  REQUIRE(merged->events().size() < 36);
  const auto text = [](const RecordedExchange& reply) {
    std::string all;
    for (const std::string& event : reply.events()) {
      const Json json = Json::parse(event, nullptr, false);
      if (!json.is_discarded() && !json["choices"].empty())
        all += json["choices"][0]["text"].get<std::string>();
    }
    return all;
  };
  REQUIRE(text(*plain) == text(*merged));
  REQUIRE_THAT(merged->received, ContainsSubstring("\"completion_tokens\":40"));
}

TEST_CASE("split_utf8 cuts every event in two writes and changes no byte") {
  const auto plain = ask("", kStream), split = ask("split_utf8=1", kStream);
  REQUIRE(plain->received == split->received);
  REQUIRE(split->writes.size() > plain->writes.size() + 35);
}

TEST_CASE("the engine dies after so many requests: errors, then an end of the server") {
  VirtualServer server = faulty("engine_death=after:2");
  const auto a = server.post("/v1/completions", kStream),
             b = server.post("/v1/completions", kWhole);
  server.run(std::chrono::milliseconds(100));
  REQUIRE(server.get("/health")->status() == 200);
  const auto c = server.post("/v1/completions", kStream);
  server.run(std::chrono::milliseconds(10));
  REQUIRE(server.get("/health")->status() == 503);
  for (const auto& stream : {a, c}) {
    REQUIRE(stream->status() == 200);
    REQUIRE_THAT(stream->body(),
                 ContainsSubstring(
                     "data: {\"error\": {\"message\": \"EngineCore encountered an issue. See stack "
                     "trace (above) for the root cause.\", \"type\": \"BadRequestError\", "
                     "\"param\": null, \"code\": 400}}\n\ndata: [DONE]\n\n"));
  }
  const std::string dead =
      R"({"error":{"message":"EngineCore encountered an issue. See stack trace (above) for the root cause.","type":"Internal Server Error","param":null,"code":500}})";
  REQUIRE(b->status() == 500);
  REQUIRE(b->body() == dead);
  REQUIRE(server.ask("/v1/completions", kStream)->body() == dead);
  REQUIRE(server.service->stopped());  // the run above let the watchdog's five seconds pass
}

TEST_CASE("the truth log has one line a request: times, tokens, fault, planted correctness") {
  const std::string path = "truth-test.jsonl";
  const FaultSpec faults = parse_faults("http500=0.4");
  std::string leaver = "leaver";  // an id that this seed spares
  while (draw_faults(faults, 1, leaver).kind != FaultKind::none) leaver += '+';
  {
    const std::vector<KnownPrompt> known{{"item-1", "c", "def add(a, b):", "return a + b"}};
    QualitySpec sure;
    sure.accuracy = 1;
    VirtualServer server(exact_profile("null"), faults, AnswerBook(known, sure, 1), "", path);
    for (int i = 0; i < 30; ++i)
      server.ask("/v1/completions", R"({"prompt":"def add(a, b):","max_tokens":20,"stream":true})",
                 "r" + std::to_string(i));
    const auto leaves = server.post("/v1/completions", kStream, leaver);
    server.run(std::chrono::milliseconds(100));
    std::exchange(leaves->on_gone, nullptr)();
  }
  std::ifstream file(path);
  std::size_t lines = 0, failed = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    const Json json = Json::parse(line);
    if (json["request_id"] == leaver) {
      REQUIRE(json["outcome"] == "aborted");
      REQUIRE(json["item"] == "item-1");
      continue;
    }
    if (json["fault"] == "http500") {
      ++failed;
      REQUIRE(json["status"] == 500);
      REQUIRE(json["queued_ns"].is_null());
      continue;
    }
    REQUIRE(json["outcome"] == "stop");
    REQUIRE(json["correct"] == true);
    REQUIRE(json["prompt_tokens"] == 7);
    REQUIRE(json["output_tokens"] == json["emitted_ns"].size());
    REQUIRE(json["emitted_ns"][0].get<std::int64_t>() - json["queued_ns"].get<std::int64_t>() ==
            50'000'000);
    REQUIRE(json["emitted_ns"][1].get<std::int64_t>() - json["emitted_ns"][0].get<std::int64_t>() ==
            10'000'000);
  }
  std::remove(path.c_str());
  REQUIRE(lines == 31);
  REQUIRE(failed > 3);
}

TEST_CASE("a redeploy answers with another version and root, and goes on serving") {
  VirtualServer server = faulty("redeploy=after:1");
  REQUIRE(server.ask("/v1/completions", kWhole)->status() == 200);
  REQUIRE_THAT(server.get("/version")->body(), ContainsSubstring("0.11.2"));
  REQUIRE(server.ask("/v1/completions", kWhole)->status() == 200);
  REQUIRE_THAT(server.get("/version")->body(), ContainsSubstring("0.11.3"));
  REQUIRE_THAT(server.get("/v1/models")->body(), ContainsSubstring("-redeployed\""));
  REQUIRE(server.ask("/v1/completions", kWhole)->status() == 200);
}
