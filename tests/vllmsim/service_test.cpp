#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "sim_fixture.hpp"

using namespace abgate;
using namespace abgate::sim;
using namespace abgate::sim::test;
using Json = nlohmann::json;
using std::chrono::milliseconds;

namespace {

const std::string kCompletions = "/v1/completions", kChat = "/v1/chat/completions";
const std::string kFp16 = "rtxpro6000-fp16";

std::string completion(const std::string& more) {
  return R"({"prompt":"def add(a, b):","temperature":0,)" + more + "}";
}
std::string chat(const std::string& more) {
  return R"({"messages":[{"role":"user","content":"hi"}],)" + more + "}";
}
std::string prompt_of_tokens(std::size_t n) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i)
    text += static_cast<char>('0' + i * 7 % 10);  // digits stand alone
  return text;
}

}  // namespace

TEST_CASE("a completions stream is byte for byte what vLLM sends") {
  VirtualServer server(exact_profile(kFp16));
  const auto reply = server.ask(
      kCompletions,
      completion(R"("max_tokens":2,"stream":true,"stream_options":{"include_usage":true})"), "abc");
  const std::string head =
      R"({"id":"cmpl-abc","object":"text_completion","created":1763562000,"model":"Qwen/Qwen2.5-Coder-32B-Instruct","choices":[)";
  const std::string tail = R"("prompt_token_ids":null,"token_ids":null}],"usage":null})";
  const auto text = [&](std::size_t i) {
    return Json::parse(reply->events()[i])["choices"][0]["text"].dump();
  };
  REQUIRE(reply->head() ==
          "HTTP/1.1 200 OK\r\ndate: Wed, 19 Nov 2025 14:20:00 GMT\r\nserver: uvicorn\r\n"
          "content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n");
  REQUIRE(reply->body() ==
          "data: " + head + R"({"index":0,"text":)" + text(0) +
              R"(,"logprobs":null,"finish_reason":null,"stop_reason":null,)" + tail + "\n\n" +
              "data: " + head + R"({"index":0,"text":)" + text(1) +
              R"(,"logprobs":null,"finish_reason":"length","stop_reason":null,)" + tail + "\n\n" +
              "data: " + head +
              R"(],"usage":{"prompt_tokens":7,"total_tokens":9,"completion_tokens":2}})" +
              "\n\ndata: [DONE]\n\n");
  REQUIRE(reply->received.ends_with("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"));
  REQUIRE(reply->finished);
  REQUIRE(reply->kept_alive);
}

TEST_CASE(
    "headers come before the first token, tokens at the engine's times, each in its own chunk") {
  VirtualServer server(exact_profile(kFp16));
  const TimePoint sent = server.time;
  const auto reply =
      server.ask(kCompletions, completion(R"("max_tokens":5,"ignore_eos":true,"stream":true)"));
  REQUIRE(reply->writes.size() == 6);
  REQUIRE(reply->at[0] - sent == milliseconds(12));
  for (std::size_t i = 2; i < 6; ++i)
    REQUIRE(to_ms(reply->at[i] - reply->at[i - 1]) == Approx(42.9).epsilon(0.01));
  for (std::size_t i = 1; i < 5; ++i) {
    const std::string& write = reply->writes[i];
    const std::size_t size = std::stoul(write, nullptr, 16);
    const std::size_t begin = write.find("\r\n") + 2;
    REQUIRE(write.size() == begin + size + 2);  // one event, one chunk
  }
}

TEST_CASE("a chat stream has its role chunk with the first token and the end of sequence counted") {
  Profile profile = exact_profile(kFp16);
  profile.lengths = {3, 0, 100};
  VirtualServer server(profile);
  const auto reply =
      server.ask(kChat, chat(R"("stream":true,"stream_options":{"include_usage":true})"));
  const auto events = reply->events();
  REQUIRE(reply->writes.size() == 5);  // headers, role + token, token, token, end + usage + done
  REQUIRE(Json::parse(events[0])["choices"][0]["delta"]["role"] == "assistant");
  const Json last = Json::parse(events[events.size() - 3]),
             usage = Json::parse(events[events.size() - 2]);
  REQUIRE(last["choices"][0]["finish_reason"] == "stop");
  REQUIRE(last["choices"][0]["delta"]["content"] == "");
  REQUIRE(usage["usage"]["completion_tokens"] == 4);
  REQUIRE(events.size() == 1 + 4 + 2);
}

TEST_CASE("without include_usage there is no usage chunk; continuous usage counts up") {
  VirtualServer server(exact_profile(kFp16));
  const auto plain =
      server.ask(kCompletions, completion(R"("max_tokens":3,"ignore_eos":true,"stream":true)"));
  REQUIRE(plain->events().size() == 4);
  const auto counted = server.ask(
      kCompletions,
      completion(
          R"("max_tokens":3,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true})"));
  for (std::size_t i = 0; i < 3; ++i) {
    const Json usage = Json::parse(counted->events()[i])["usage"];
    REQUIRE(usage["completion_tokens"] == i + 1);
    REQUIRE(usage["total_tokens"] == 8 + i);
  }
}

TEST_CASE("streamed and whole answers to one prompt are the same text") {
  VirtualServer server(exact_profile(kFp16));
  const auto whole = server.ask(kCompletions, completion(R"("max_tokens":300)"));
  const auto stream = server.ask(kCompletions, completion(R"("max_tokens":300,"stream":true)"));
  std::string text;
  for (const std::string& event : stream->events()) {
    if (event != "[DONE]") text += Json::parse(event)["choices"][0]["text"].get<std::string>();
  }
  REQUIRE(Json::parse(whole->body())["choices"][0]["text"] == text);
  REQUIRE(text.size() > 20);
}

TEST_CASE("ignore_eos gives exactly max_tokens tokens") {
  VirtualServer server(exact_profile("h200-awq-marlin"));
  for (const int n : {1, 2, 500}) {
    const Json body =
        Json::parse(server
                        .ask(kCompletions,
                             completion("\"ignore_eos\":true,\"max_tokens\":" + std::to_string(n)))
                        ->body());
    REQUIRE(body["usage"]["completion_tokens"] == n);
    REQUIRE(body["choices"][0]["finish_reason"] == "length");
  }
}

TEST_CASE("a stop string ends the answer, frees the engine and is named") {
  std::vector<KnownPrompt> known{
      {"a", "c", "def add(a, b):", "\n    return a + b\n\ndef other():\n    pass\n"}};
  QualitySpec sure;
  sure.accuracy = 1;
  VirtualServer server(exact_profile(kFp16), {}, AnswerBook(known, sure, 1));
  const auto reply = server.ask(
      kCompletions,
      completion(
          R"("max_tokens":100,"stop":["\n\ndef"],"stream":true,"stream_options":{"include_usage":true})"));
  std::string text;
  Json last;
  for (const std::string& event : reply->events()) {
    if (event == "[DONE]") continue;
    const Json json = Json::parse(event);
    if (json["choices"].empty()) continue;
    last = json["choices"][0];
    text += last["text"].get<std::string>();
  }
  REQUIRE(text == "\n    return a + b");
  REQUIRE(last["finish_reason"] == "stop");
  REQUIRE(last["stop_reason"] == "\n\ndef");
  REQUIRE(Json::parse(reply->events()[0])["choices"][0]["text"] == "");  // held back
  REQUIRE(server.service->engine_state().running == 0);
  REQUIRE(server.metric("vllm:request_success_total{engine=\"0\",finished_reason=\"stop\"") == 1);
}

TEST_CASE("a known prompt is answered with the reference or a mistake, then the end of sequence") {
  std::vector<KnownPrompt> known{{"a", "c", "def add(a, b):", "\n    return a + b"}};
  for (const double accuracy : {1.0, 0.0}) {
    QualitySpec quality;
    quality.accuracy = accuracy;
    VirtualServer server(exact_profile(kFp16), {}, AnswerBook(known, quality, 1));
    const Json body = Json::parse(
        server.ask(kCompletions, completion(R"("max_tokens":200,"cache_salt":"x")"))->body());
    REQUIRE((body["choices"][0]["text"] == "\n    return a + b") == (accuracy == 1.0));
    REQUIRE(body["choices"][0]["finish_reason"] == "stop");
  }
}

TEST_CASE("echo and logprobs give the prompt's log-probabilities, with and without a token") {
  VirtualServer server(exact_profile(kFp16));
  const Json scored = Json::parse(
      server.ask(kCompletions, completion(R"("max_tokens":0,"echo":true,"logprobs":0)"))->body());
  const Json& choice = scored["choices"][0];
  REQUIRE(choice["text"] == "def add(a, b):");
  REQUIRE(scored["usage"]["completion_tokens"] == 1);
  REQUIRE(choice["logprobs"]["token_logprobs"].size() == 7);
  REQUIRE(choice["logprobs"]["token_logprobs"][0].is_null());
  const Json direct = Json::parse(
      server.ask(kCompletions, completion(R"("max_tokens":1,"prompt_logprobs":0)"))->body());
  const Json& positions = direct["choices"][0]["prompt_logprobs"];
  REQUIRE(positions.size() == 7);
  for (std::size_t i = 1; i < 7; ++i) {
    REQUIRE(positions[i].size() == 1);
    REQUIRE(positions[i].begin()->at("logprob") == choice["logprobs"]["token_logprobs"][i]);
  }
}

TEST_CASE(
    "repeated prompts hit the prefix cache, other salts do not, scored prompts do not count") {
  VirtualServer server(exact_profile(kFp16));
  const std::string body = R"({"prompt":")" + prompt_of_tokens(200) + R"(","max_tokens":1)";
  server.ask(kCompletions, body + "}");
  REQUIRE(server.metric("vllm:prefix_cache_queries_total") == 200);
  REQUIRE(server.metric("vllm:prefix_cache_hits_total") == 0);
  server.ask(kCompletions, body + "}");
  REQUIRE(server.metric("vllm:prefix_cache_hits_total") == 192);
  server.ask(kCompletions, body + R"(,"cache_salt":"a"})");
  REQUIRE(server.metric("vllm:prefix_cache_hits_total") == 192);
  server.ask(kCompletions, body + R"(,"prompt_logprobs":0})");
  REQUIRE(server.metric("vllm:prefix_cache_queries_total") == 600);
}

TEST_CASE("cached tokens are told only by a server that tells details, and only above 0") {
  Profile profile = exact_profile(kFp16);
  profile.prompt_tokens_details = true;
  VirtualServer server(profile);
  const std::string body = R"({"prompt":")" + prompt_of_tokens(200) + R"(","max_tokens":1})";
  REQUIRE(Json::parse(server.ask(kCompletions, body)->body())["usage"]["prompt_tokens_details"]
              .is_null());
  REQUIRE(Json::parse(server.ask(kCompletions, body)
                          ->body())["usage"]["prompt_tokens_details"]["cached_tokens"] == 192);
}

TEST_CASE("counters and histograms move as vLLM's") {
  VirtualServer server(exact_profile(kFp16));
  for (int i = 0; i < 3; ++i)
    server.post(kCompletions, completion(R"("max_tokens":10,"ignore_eos":true,"cache_salt":")" +
                                         std::to_string(i) + "\""));
  server.run();
  REQUIRE(server.metric("vllm:prompt_tokens_total") == 21);
  REQUIRE(server.metric("vllm:generation_tokens_total") == 30);
  REQUIRE(server.metric("vllm:time_to_first_token_seconds_count") == 3);
  REQUIRE(server.metric("vllm:inter_token_latency_seconds_count") == 27);
  REQUIRE(server.metric("vllm:time_per_output_token_seconds_sum") ==
          server.metric("vllm:inter_token_latency_seconds_sum"));
  REQUIRE(server.metric("vllm:iteration_tokens_total_sum") == 51);
  REQUIRE(server.metric("vllm:request_success_total{engine=\"0\",finished_reason=\"length\"") == 3);
  REQUIRE(server.metric("vllm:request_params_max_tokens_sum") == 30);
  REQUIRE(server.metric("vllm:num_requests_running") == 0);
  REQUIRE(server.metric(
              "http_requests_total{handler=\"/v1/completions\",method=\"POST\",status=\"2xx\"}") ==
          3);
}

TEST_CASE("client TTFT is longer than the server's by the time of parse and tokenisation") {
  VirtualServer server(exact_profile(kFp16));
  const TimePoint sent = server.time;
  const auto reply = server.ask(kCompletions, completion(R"("max_tokens":1,"stream":true)"));
  REQUIRE(to_seconds(reply->at[1] - sent) - server.metric("vllm:time_to_first_token_seconds_sum") ==
          Approx(0.012).margin(1e-6));
}

TEST_CASE("a client that leaves is aborted: counted as tokens, in no histogram") {
  VirtualServer server(exact_profile(kFp16));
  const auto reply =
      server.post(kCompletions, completion(R"("max_tokens":1000,"ignore_eos":true,"stream":true)"));
  server.run(milliseconds(500));
  REQUIRE(server.service->engine_state().running == 1);
  const auto gone = std::exchange(reply->on_gone, nullptr);
  REQUIRE(gone);
  gone();
  server.run();
  REQUIRE(server.service->engine_state().running == 0);
  REQUIRE(server.service->engine_state().kv_usage == Approx(0));
  REQUIRE(server.metric("vllm:generation_tokens_total") > 5);
  REQUIRE(server.metric("vllm:request_success_total{engine=\"0\",finished_reason=\"abort\"") == 0);
  REQUIRE(server.metric("vllm:e2e_request_latency_seconds_count") == 0);
}

TEST_CASE("a client that reads slowly gets several tokens in one chunk and loses none") {
  VirtualServer server(exact_profile(kFp16));
  const auto reply = server.post(
      kCompletions,
      completion(
          R"("max_tokens":20,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true})"));
  server.run(milliseconds(200));
  reply->slow = true;
  server.run(milliseconds(400));
  reply->slow = false;
  server.run();
  REQUIRE(reply->events().size() < 20);
  REQUIRE(Json::parse(reply->events()[reply->events().size() - 2])["usage"]["completion_tokens"] ==
          20);
}

TEST_CASE("two requests in flight must not share an id") {
  VirtualServer server(exact_profile(kFp16));
  const auto first = server.post(kCompletions, completion(R"("max_tokens":5)"), "same");
  const auto second = server.post(kCompletions, completion(R"("max_tokens":5)"), "same");
  const auto third =
      server.post(kCompletions, completion(R"("max_tokens":5,"stream":true)"), "same");
  server.run();
  REQUIRE(first->status() == 200);
  REQUIRE(second->status() == 400);
  REQUIRE_THAT(second->body(), ContainsSubstring("Request id cmpl-same-0 already running."));
  REQUIRE(third->status() == 200);
  REQUIRE_THAT(third->body(),
               ContainsSubstring(
                   "data: {\"error\": {\"message\": \"Request id cmpl-same-0 already running.\""));
  REQUIRE(server.ask(kCompletions, completion(R"("max_tokens":5)"), "same")->status() == 200);
}

TEST_CASE("errors have vLLM's status and envelope") {
  VirtualServer server(exact_profile(kFp16));
  const auto unknown = server.post(kCompletions, R"({"model":"x","prompt":"a"})");
  REQUIRE(unknown->status() == 404);
  REQUIRE(
      unknown->body() ==
      R"({"error":{"message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}})");
  const auto suffix = server.post(kCompletions, completion(R"("suffix":"")"));
  REQUIRE(
      suffix->body() ==
      R"({"error":{"message":"suffix is not currently supported","type":"BadRequestError","param":null,"code":400}})");
  HttpRequest form;
  form.method = "POST";
  form.target = kCompletions;
  form.content_type = "text/plain";
  form.body = completion(R"("max_tokens":1)");
  REQUIRE_THAT(
      server.send(form)->body(),
      ContainsSubstring(R"([\"Unsupported Media Type: Only 'application/json' is allowed\"])"));
  // The model's name is checked before the sampling parameters.
  REQUIRE(server.post(kCompletions, R"({"model":"x","prompt":"a","temperature":-1})")->status() ==
          404);
  REQUIRE(server.post(kCompletions, R"({"prompt":"a","temperature":-1})")->status() == 400);
  const auto null_tokens = server.ask(kCompletions, completion(R"("max_tokens":null)"));
  REQUIRE(null_tokens->status() == 500);
  REQUIRE_THAT(null_tokens->body(), ContainsSubstring(R"("message":"")"));
}

TEST_CASE("a context that is too long is refused before any token") {
  VirtualServer server(exact_profile(kFp16));
  const auto reply = server.post(
      kCompletions, R"({"prompt":")" + prompt_of_tokens(31000) + R"(","max_tokens":2000})");
  REQUIRE(reply->status() == 400);
  REQUIRE_THAT(
      reply->body(),
      ContainsSubstring(
          "maximum context length is 30000 tokens. However, your request has 31000 input tokens."));
}

TEST_CASE("routes: 404, 405, redirect, dev mode, health") {
  VirtualServer server(exact_profile(kFp16));
  REQUIRE(server.get("/nope")->body() == R"({"detail":"Not Found"})");
  REQUIRE(server.get(kCompletions)->status() == 405);
  REQUIRE(server.get(kCompletions)->body() == R"({"detail":"Method Not Allowed"})");
  REQUIRE(server.get("/v1/models/")->status() == 307);
  REQUIRE(server.get("/health")->raw_body().empty());
  REQUIRE(server.get("/health")->status() == 200);
  REQUIRE(server.post("/ping", "")->status() == 200);
  REQUIRE(server.get("/version")->body() == R"({"version":"0.11.2","simulated":true})");
  REQUIRE(server.get("/load")->body() == R"({"server_load":0})");
  REQUIRE(server.get("/server_info")->status() == 404);
  Profile dev = exact_profile("rtxpro6000-awq");
  dev.dev_mode = true;
  VirtualServer open(dev);
  REQUIRE_THAT(open.get("/server_info?config_format=text")->body(),
               ContainsSubstring("quantization=awq,"));
  REQUIRE(open.post("/reset_prefix_cache", "")->status() == 200);
}

TEST_CASE("a key is wanted below /v1 only") {
  VirtualServer server(exact_profile(kFp16), {}, {}, "sesame");
  REQUIRE(server.get("/v1/models")->status() == 401);
  REQUIRE(server.get("/v1/models")->body() == R"({"error":"Unauthorized"})");
  REQUIRE(server.get("/metrics")->status() == 200);
  HttpRequest request;
  request.method = "GET";
  request.target = "/v1/models";
  for (const auto& [header, status] : {std::pair{"Bearer sesame", 200},
                                       {"bearer sesame", 200},
                                       {"Bearer wrong", 401},
                                       {"sesame", 401},
                                       {"Basic sesame", 401}}) {
    request.authorization = header;
    REQUIRE(server.send(request)->status() == status);
  }
  request.authorization.reset();
  request.method = "OPTIONS";
  request.cross_origin = request.preflight = true;
  REQUIRE(server.send(request)->status() == 200);
}

TEST_CASE("tokenize and detokenize agree between instances and with usage") {
  VirtualServer a(exact_profile(kFp16)), b(exact_profile("h200-awq"));
  const std::string body = R"({"prompt":"def f(x):\n    return x  # é 🚀"})";
  const Json first = Json::parse(a.post("/tokenize", body)->body()),
             second = Json::parse(b.post("/tokenize", body)->body());
  REQUIRE(first["tokens"] == second["tokens"]);
  REQUIRE(first["count"] == first["tokens"].size());
  REQUIRE(Json::parse(a.post("/detokenize", R"({"tokens":)" + first["tokens"].dump() + "}")
                          ->body())["prompt"] == "def f(x):\n    return x  # é 🚀");
  const std::string same = R"({"prompt":"def f(x):\n    return x  # é 🚀","max_tokens":1})";
  REQUIRE(Json::parse(a.ask(kCompletions, same)->body())["usage"]["prompt_tokens"] ==
          first["count"]);
  const Json chat_tokens =
      Json::parse(a.post("/tokenize", R"({"messages":[{"role":"user","content":"hi"}]})")->body());
  REQUIRE(Json::parse(a.ask(kChat, chat(R"("max_tokens":1)"))->body())["usage"]["prompt_tokens"] ==
          chat_tokens["count"]);
  REQUIRE(a.post("/tokenize", "{}")->status() == 400);
}

TEST_CASE("a prompt of token ids is the prompt of its text") {
  VirtualServer server(exact_profile(kFp16));
  const Json ids =
      Json::parse(server.post("/tokenize", R"({"prompt":"def add(a, b):"})")->body())["tokens"];
  const Json by_ids = Json::parse(
      server.ask(kCompletions, R"({"prompt":)" + ids.dump() + R"(,"max_tokens":20})")->body());
  const Json by_text =
      Json::parse(server.ask(kCompletions, completion(R"("max_tokens":20)"))->body());
  REQUIRE(by_ids["choices"][0]["text"] == by_text["choices"][0]["text"]);
  REQUIRE(by_ids["usage"]["prompt_tokens"] == by_text["usage"]["prompt_tokens"]);
}

TEST_CASE("return_token_ids gives the ids of prompt and chunks") {
  VirtualServer server(exact_profile(kFp16));
  const Json tokens =
      Json::parse(server.post("/tokenize", R"({"prompt":"def add(a, b):"})")->body())["tokens"];
  const auto reply = server.ask(
      kCompletions,
      completion(R"("max_tokens":3,"ignore_eos":true,"stream":true,"return_token_ids":true)"));
  REQUIRE(Json::parse(reply->events()[0])["choices"][0]["prompt_token_ids"] == tokens);
  REQUIRE(Json::parse(reply->events()[1])["choices"][0]["prompt_token_ids"].is_null());
  for (std::size_t i = 0; i < 3; ++i)
    REQUIRE(Json::parse(reply->events()[i])["choices"][0]["token_ids"].size() == 1);
}

TEST_CASE("equal seeds and ids give equal bytes") {
  const auto transcript = [] {
    VirtualServer server(exact_profile(kFp16),
                         parse_faults("merge=0.3,split_utf8=0.5,garbage=0.2"));
    std::string all;
    for (int i = 0; i < 20; ++i) {
      all += server
                 .ask(kCompletions, completion(R"("max_tokens":40,"stream":true)"),
                      "r" + std::to_string(i))
                 ->received;
    }
    return all;
  };
  REQUIRE(transcript() == transcript());
}

TEST_CASE("a generated token has as many rivals as asked for, in streams and in whole answers") {
  VirtualServer server(exact_profile(kFp16));
  const std::string ids = R"(,"return_tokens_as_token_ids":true)";
  const Json whole = Json::parse(
      server.ask(kCompletions, completion(R"("max_tokens":3,"logprobs":5)" + ids))->body());
  const Json& lists = whole["choices"][0]["logprobs"];
  REQUIRE(lists["tokens"].size() == 3);
  REQUIRE(lists["top_logprobs"][0].size() == 5);
  REQUIRE(lists["tokens"][0].get<std::string>().starts_with("token_id:"));
  REQUIRE(lists["top_logprobs"][0].contains(lists["tokens"][0].get<std::string>()));
  const auto stream = server.ask(
      kCompletions, completion(R"("max_tokens":3,"logprobs":5,"stream":true)" + ids));
  for (std::size_t i = 0; i < 3; ++i) {
    const Json event = Json::parse(stream->events()[i])["choices"][0]["logprobs"];
    REQUIRE(event["tokens"][0] == lists["tokens"][i]);
    REQUIRE(event["top_logprobs"][0] == lists["top_logprobs"][i]);
  }
  const Json said = Json::parse(
      server.ask(kChat, chat(R"("max_tokens":2,"logprobs":true,"top_logprobs":4)" + ids))->body());
  const Json& content = said["choices"][0]["logprobs"]["content"];
  REQUIRE(content.size() == 2);
  REQUIRE(content[0]["top_logprobs"].size() == 4);
  REQUIRE(content[0]["top_logprobs"][0]["token"] == content[0]["token"]);
}

TEST_CASE("a server may limit, ignore or refuse log-probabilities") {
  Profile profile = exact_profile(kFp16);
  profile.max_logprobs = 5;
  VirtualServer limited(profile);
  const auto refused = limited.ask(kCompletions, completion(R"("max_tokens":1,"logprobs":6)"));
  REQUIRE(refused->status() == 400);
  REQUIRE(Json::parse(refused->body())["error"]["message"] ==
          "Requested sample logprobs of 6, which is greater than max allowed: 5");
  REQUIRE(limited.ask(kCompletions, completion(R"("max_tokens":1,"logprobs":5)"))->status() == 200);
  profile.logprobs = LogprobsMode::ignore;
  VirtualServer deaf(profile);
  REQUIRE(Json::parse(deaf.ask(kCompletions, completion(R"("max_tokens":1,"logprobs":5)"))
                          ->body())["choices"][0]["logprobs"]
              .is_null());
  profile.logprobs = LogprobsMode::refuse;
  VirtualServer unwilling(profile);
  REQUIRE(unwilling.ask(kCompletions, completion(R"("max_tokens":1,"logprobs":1)"))->status() == 400);
  REQUIRE(unwilling.ask(kCompletions, completion(R"("max_tokens":1)"))->status() == 200);
}

TEST_CASE("where a planted mistake leaves the right answer, the right token comes second") {
  const std::vector<KnownPrompt> known{
      {"i", "c", "def add(a, b):", "\n    return a + b"}};
  QualitySpec quality;
  quality.accuracy = 0;
  VirtualServer server(exact_profile(kFp16), {}, AnswerBook(known, quality, 1));
  const Json body = Json::parse(
      server.ask(kCompletions,
                 completion(R"("max_tokens":50,"logprobs":3,"return_token_ids":true,)"
                            R"("return_tokens_as_token_ids":true)"))
          ->body());
  const Json& choice = body["choices"][0];
  const auto right = tokenize(known[0].reference);
  std::size_t at = 0;
  while (at < right.size() && choice["token_ids"][at] == right[at].id) ++at;
  REQUIRE(at < right.size());
  const std::string name = "token_id:" + std::to_string(right[at].id);
  REQUIRE(choice["logprobs"]["top_logprobs"][at].contains(name));
}
