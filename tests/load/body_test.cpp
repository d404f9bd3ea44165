#include "load/body.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "plan_fixture.hpp"

using namespace abgate;
using namespace abgate::load;
using nlohmann::json;

namespace {

PlannedRequest request_with(std::uint64_t salt) {
  PlannedRequest request;
  request.max_tokens = 64;
  request.salt = salt;
  return request;
}

const PlannedPrompt& prompt() {
  static const PlannedPrompt instance = prompts(1).prompts[0];
  return instance;
}

json body_of(const Scenario& scenario, const PlannedRequest& request, Arm arm = Arm::baseline) {
  return json::parse(make_body(scenario, prompt(), request, "m", arm));
}

}  // namespace

TEST_CASE("A completions body says everything explicitly", "[load]") {
  Scenario scenario = small_scenario();
  scenario.sampling.stop = {"\n\n"};
  PlannedPrompt fim{"x", "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>", {}, {"<|endoftext|>"}};
  const json body =
      json::parse(make_body(scenario, fim, request_with(0xABC), "qwen", Arm::candidate));
  REQUIRE(body ==
          json::parse(R"({"model":"qwen","prompt":"<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>",
    "max_tokens":64,"ignore_eos":false,"seed":0,"stop":["\n\n","<|endoftext|>"],"cache_salt":"0000000000000abc",
    "temperature":0.0,"top_p":1.0,"top_k":-1,"min_p":0.0,"repetition_penalty":1.0,"presence_penalty":0.0,
    "frequency_penalty":0.0,"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}})"));
}

TEST_CASE("A chat body has messages instead of a prompt", "[load]") {
  Scenario scenario = small_scenario();
  scenario.api = Api::chat;
  const json body = body_of(scenario, request_with(0));
  REQUIRE_FALSE(body.contains("prompt"));
  REQUIRE_FALSE(body.contains("cache_salt"));
  REQUIRE_FALSE(body.contains("stop"));
  REQUIRE(
      body["messages"] ==
      json::parse(
          R"([{"role":"system","content":"You write code."},{"role":"user","content":"def p0():\n"}])"));
}

TEST_CASE("Optional fields are sent when set", "[load]") {
  Scenario scenario = small_scenario();
  scenario.sampling.min_tokens = 5;
  scenario.sampling.seed.reset();
  PlannedRequest request = request_with(0);
  request.ignore_eos = true;
  const json body = body_of(scenario, request);
  REQUIRE(body["min_tokens"] == 5);
  REQUIRE(body["ignore_eos"] == true);
  REQUIRE_FALSE(body.contains("seed"));
}

TEST_CASE("Repeats of a sampled answer use seeds of their own", "[load]") {
  Scenario scenario = small_scenario();
  scenario.sampling.seed = 40;
  PlannedRequest request = request_with(0);
  request.repeat = 2;
  REQUIRE(body_of(scenario, request)["seed"] == 42);
}

TEST_CASE("Both arms get equal bodies but for the model", "[load]") {
  const Scenario scenario = small_scenario();
  json a = json::parse(make_body(scenario, prompt(), request_with(5), "a", Arm::baseline));
  const json b = json::parse(make_body(scenario, prompt(), request_with(5), "b", Arm::candidate));
  a["model"] = "b";
  REQUIRE(a == b);
}

TEST_CASE("The control never finds the baseline's prompts in the cache, unless the cache is warm",
          "[load]") {
  Scenario scenario = small_scenario();
  REQUIRE(body_of(scenario, request_with(5), Arm::control)["cache_salt"] !=
          body_of(scenario, request_with(5))["cache_salt"]);
  scenario.workload.cache = CachePolicy::warm;
  const Plan plan = make_plan(scenario, prompts(3), prompts(3, "q"));
  const PlannedRequest& load = plan.cells[0].requests[0];
  REQUIRE(body_of(scenario, load, Arm::control) == body_of(scenario, load));
  const PlannedRequest& quality = cells_of(plan, CellKind::quality)[0]->requests[0];
  REQUIRE(body_of(scenario, quality, Arm::control)["cache_salt"] !=
          body_of(scenario, quality)["cache_salt"]);
}

TEST_CASE("Two runs of one plan have different salts, the arms of one run the same", "[load]") {
  const Scenario scenario = small_scenario();
  const BodyBuilder first(scenario, 1), second(scenario, 2);
  const auto salt = [&](const BodyBuilder& builder, Arm arm) {
    return json::parse(builder.body(prompt(), request_with(5), "m", arm))["cache_salt"]
        .get<std::string>();
  };
  REQUIRE(salt(first, Arm::baseline) == salt(first, Arm::candidate));
  REQUIRE(salt(first, Arm::baseline) != salt(second, Arm::baseline));
  REQUIRE(salt(first, Arm::baseline) != salt(first, Arm::control));
  REQUIRE(salt(first, Arm::baseline).size() == 16);
}

TEST_CASE("A salt can be a comment before the prompt, behind a leading special token", "[load]") {
  Scenario scenario = small_scenario();
  scenario.workload.salt_by = SaltBy::prompt_prefix;
  const auto sent = [&](const std::string& text) {
    const json body =
        json::parse(make_body(scenario, {"x", text, {}, {}}, request_with(0xF00), "m"));
    REQUIRE_FALSE(body.contains("cache_salt"));
    return body["prompt"].get<std::string>();
  };
  const std::string comment = "# abgate 0000000000000f00\n";
  REQUIRE(sent("def f():") == comment + "def f():");
  REQUIRE(sent("<|fim_prefix|>def f():") == "<|fim_prefix|>" + comment + "def f():");
  REQUIRE(sent("<PRE> def f(): <SUF>") == "<PRE>" + comment + " def f(): <SUF>");
  REQUIRE(sent("<no token> x") == comment + "<no token> x");
  REQUIRE(sent("<") == comment + "<");
  REQUIRE(sent("") == comment);
  scenario.api = Api::chat;
  REQUIRE(body_of(scenario, request_with(0xF00))["messages"][0]["content"] ==
          comment + "You write code.");
}

TEST_CASE("Extra fields are added, override, and with null take a field out", "[load]") {
  Scenario scenario = small_scenario();
  scenario.sampling.extra_json =
      R"({"logprobs":1,"min_p":null,"stream_options":{"continuous_usage_stats":null},"nested":{"a":[1]}})";
  const json body = body_of(scenario, request_with(0));
  REQUIRE(body["logprobs"] == 1);
  REQUIRE(body["nested"]["a"][0] == 1);
  REQUIRE_FALSE(body.contains("min_p"));
  REQUIRE(body["stream_options"] == json{{"include_usage", true}});
}

TEST_CASE("Log-probabilities are asked for by requests of the quality pass alone", "[load]") {
  Scenario scenario = small_scenario();
  PlannedRequest quality = request_with(0);
  quality.logprobs = true;
  REQUIRE_FALSE(body_of(scenario, request_with(0)).contains("logprobs"));
  json body = body_of(scenario, quality);
  REQUIRE(body["logprobs"] == 20);
  REQUIRE(body["return_tokens_as_token_ids"] == true);
  REQUIRE_FALSE(body.contains("top_logprobs"));
  scenario.quality.logprobs = 5;
  scenario.quality.logprob_ids = false;
  body = body_of(scenario, quality);
  REQUIRE(body["logprobs"] == 5);
  REQUIRE_FALSE(body.contains("return_tokens_as_token_ids"));
  scenario.quality.logprobs = 0;
  REQUIRE(body_of(scenario, quality) == body_of(scenario, request_with(0)));
  scenario.quality.logprobs = 7;
  scenario.api = Api::chat;
  body = body_of(scenario, quality);
  REQUIRE(body["logprobs"] == true);
  REQUIRE(body["top_logprobs"] == 7);
  // The scenario's own fields have the last word, once.
  scenario.sampling.extra_json = R"({"top_logprobs":2})";
  const std::string text = make_body(scenario, prompt(), quality, "m");
  REQUIRE(text.find("top_logprobs") == text.rfind("top_logprobs"));
  REQUIRE(json::parse(text)["top_logprobs"] == 2);
  scenario.sampling.extra_json = R"({"logprobs":null,"top_logprobs":null})";
  scenario.quality.logprob_ids = true;
  body = body_of(scenario, quality);
  REQUIRE_FALSE(body.contains("logprobs"));
  REQUIRE_FALSE(body.contains("top_logprobs"));
}

TEST_CASE("Extra fields that are no object, or decided elsewhere, are refused", "[load]") {
  Scenario scenario = small_scenario();
  scenario.sampling.extra_json = "[1]";
  REQUIRE_THROWS_WITH(BodyBuilder(scenario),
                      "small.yaml: sampling.extra: saw [1], want a JSON object");
  scenario.sampling.extra_json = "{\"a\":";
  REQUIRE_THROWS_WITH(BodyBuilder(scenario), ContainsSubstring("want a JSON object"));
  scenario.sampling.extra_json = R"({"max_tokens":5})";
  REQUIRE_THROWS_WITH(BodyBuilder(scenario), ContainsSubstring("sampling.extra: saw max_tokens"));
}

TEST_CASE("Any bytes in a prompt give valid JSON", "[load]") {
  const Scenario scenario = small_scenario();
  std::string text;
  for (int c = 0; c < 128; ++c) text += static_cast<char>(c);
  text += "\xC3\xA4\xF0\x9F\x98\x80\xE2\x80\xA8";
  const json body = json::parse(make_body(scenario, {"x", text, {}, {}}, request_with(1), "m\"\\"));
  REQUIRE(body["prompt"] == text);
  REQUIRE(body["model"] == "m\"\\");
  const json broken =
      json::parse(make_body(scenario, {"x", "a\xFF", {}, {}}, request_with(1), "m"));
  REQUIRE(broken["prompt"] == "a\xEF\xBF\xBD");
}
