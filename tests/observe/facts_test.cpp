#include "observe/facts.hpp"

#include <map>

#include "catch.hpp"
#include "core/error.hpp"
#include "observe/fakes.hpp"

using namespace abgate;
using namespace abgate::observe;

TEST_CASE("The version says which server it is, and whether it is a simulator", "[observe]") {
  REQUIRE(parse_version("{\"version\":\"0.11.2\"}", "v").version == "0.11.2");
  REQUIRE_FALSE(parse_version("{\"version\":\"0.11.2\"}", "v").simulated);
  REQUIRE(parse_version("{\"version\":\"0.11.2\",\"simulated\":true}", "v").simulated);
  REQUIRE_FALSE(parse_version("{\"version\":\"0.11.2\",\"simulated\":false}", "v").simulated);
  REQUIRE_THROWS_WITH(parse_version("", "v"),
                      ContainsSubstring("v: saw an empty text, want {\"version\""));
  REQUIRE_THROWS_WITH(parse_version("<html>", "v"), ContainsSubstring("saw HTML"));
  REQUIRE_THROWS_WITH(parse_version("{\"detail\":\"Not Found\"}", "v"),
                      ContainsSubstring("want {\"version\""));
  REQUIRE_THROWS_WITH(parse_version("[1]", "v"), ContainsSubstring("saw [1]"));
}

TEST_CASE("The model list gives id, root and context length of each model", "[observe]") {
  const auto cards = parse_models(
      "{\"object\":\"list\",\"data\":[{\"id\":\"qwen\",\"root\":\"/models/"
      "Qwen-AWQ\",\"max_model_len\":32768},"
      "{\"id\":\"lora\",\"root\":null,\"parent\":\"qwen\",\"max_model_len\":null}]}",
      "m");
  REQUIRE(cards.size() == 2);
  REQUIRE((cards[0].id == "qwen" && cards[0].root == "/models/Qwen-AWQ" &&
           cards[0].max_model_len == 32768));
  REQUIRE((cards[1].root.empty() && !cards[1].max_model_len));
  REQUIRE(parse_models("{\"data\":[]}", "m").empty());
  for (const char* bad : {"", "{}", "{\"data\":1}", "{\"data\":[{}]}", "{\"data\":[\"x\"]}",
                          "{\"data\":[{\"id\":3}]}", "{\"data\":["}) {
    INFO(bad);
    REQUIRE_THROWS_AS(parse_models(bad, "m"), DataError);
  }
}

TEST_CASE("The engine's configuration is split at its commas, not at those inside values",
          "[observe]") {
  const auto config = parse_server_info(
      "{\"vllm_config\":\"model='/m/Qwen, AWQ', dtype=torch.float16, max_seq_len=32768, "
      "quantization=awq_marlin, "
      "compilation_config={'level': 3, 'sizes': [1, 2]}, enforce_eager=False\"}",
      "s");
  REQUIRE(config.at("model") == "/m/Qwen, AWQ");
  REQUIRE(config.at("quantization") == "awq_marlin");
  REQUIRE(config.at("compilation_config") == "{'level': 3, 'sizes': [1, 2]}");
  REQUIRE(config.at("enforce_eager") == "False");
  REQUIRE(parse_server_info("{\"vllm_config\":{\"quantization\":\"awq\",\"n\":3}}", "s").at("n") ==
          "3");
  REQUIRE(parse_server_info("{}", "s").empty());
  REQUIRE_THROWS_AS(parse_server_info("nope", "s"), DataError);
}

TEST_CASE("Token ids come from the tokenize answer", "[observe]") {
  REQUIRE(parse_tokenize("{\"count\":2,\"max_model_len\":8,\"tokens\":[1,2],\"token_strs\":null}",
                         "t") == std::vector<std::int64_t>{1, 2});
  REQUIRE_THROWS_AS(parse_tokenize("{\"tokens\":[\"a\"]}", "t"), DataError);
  REQUIRE_THROWS_AS(parse_tokenize("{\"tokens\":null}", "t"), DataError);
}

TEST_CASE("Equal token ids give equal hashes, different ones different, and none where it fails",
          "[observe]") {
  FakeFetcher fetcher;
  ArmConfig arm;
  arm.url = "http://h/v1";
  const auto hash = [&](const std::string& answer, const std::vector<std::string>& prompts) {
    fetcher.answers["http://h/tokenize"] = {200, answer, "", ""};
    ServerFacts facts;
    facts.model = "qwen";
    read_token_facts(facts, arm, prompts, fetcher);
    return std::pair(facts.token_ids_hash, facts.prompt_tokens_mean);
  };
  const auto one = hash("{\"tokens\":[1,2,3]}", {"a", "b"});
  REQUIRE(one.first);
  REQUIRE(one.second == 3.0);
  REQUIRE(hash("{\"tokens\":[1,2,3]}", {"a", "b"}) == one);
  REQUIRE(hash("{\"tokens\":[1,2,4]}", {"a", "b"}).first != one.first);
  REQUIRE(hash("{\"tokens\":[12,3]}", {"a", "b"}).first != one.first);
  REQUIRE(hash("{\"tokens\":[1,2,3]}", {"a"}).first != one.first);
  REQUIRE_THAT(fetcher.asked().back().body, ContainsSubstring("\"model\":\"qwen\""));
  for (const char* bad : {"<html>", "{}", "{\"tokens\":[\"x\"]}"})
    REQUIRE_FALSE(hash(bad, {"a"}).first);
  REQUIRE_FALSE(hash("{\"tokens\":[1]}", {}).first);
  fetcher.answers.clear();
  ServerFacts facts;
  read_token_facts(facts, arm, {"a"}, fetcher);
  REQUIRE_FALSE(facts.token_ids_hash);
}

TEST_CASE("The arm's URLs are found with and without /v1", "[observe]") {
  ArmConfig arm;
  for (const char* url :
       {"http://h:8000", "http://h:8000/", "http://h:8000/v1", "http://h:8000/v1/"}) {
    arm.url = url;
    REQUIRE(server_root(url) == "http://h:8000");
    REQUIRE(metrics_url(arm) == "http://h:8000/metrics");
  }
  arm.metrics_url = "none";
  REQUIRE(metrics_url(arm).empty());
  arm.metrics_url = "http://other/metrics";
  REQUIRE(metrics_url(arm) == "http://other/metrics");
}

TEST_CASE("Facts are asked for with the arm's key, and what is missing stays empty", "[observe]") {
  FakeFetcher fetcher;
  fetcher.answers["http://h/v1/models"] = {
      200, "{\"data\":[{\"id\":\"a\",\"root\":\"r\",\"max_model_len\":10},{\"id\":\"b\"}]}", "",
      "10.0.0.1"};
  fetcher.answers["http://h/version"] = {200, "{\"version\":\"0.11.2\",\"simulated\":true}", "",
                                         ""};
  ArmConfig arm;
  arm.url = "http://h/v1";
  arm.api_key = "k";
  std::vector<std::string> problems;
  const ServerFacts facts = read_facts(Arm::candidate, arm, fetcher, problems);
  REQUIRE(problems.empty());
  REQUIRE((facts.model == "a" && facts.model_root == "r" && facts.max_model_len == 10));
  REQUIRE((facts.version == "0.11.2" && facts.simulated && facts.resolved_address == "10.0.0.1"));
  REQUIRE(facts.other.empty());
  REQUIRE(fetcher.last_header("Authorization") == "Bearer k");
  arm.model = "c";
  REQUIRE(read_facts(Arm::candidate, arm, fetcher, problems).model.empty());
  REQUIRE(problems == std::vector<std::string>{"candidate: model c is not served there; a, b is"});
}

TEST_CASE("A server that is down, or answers nonsense, is a problem in one line", "[observe]") {
  FakeFetcher fetcher;
  ArmConfig arm;
  arm.url = "http://h";
  std::vector<std::string> problems;
  read_facts(Arm::baseline, arm, fetcher, problems);
  REQUIRE(problems == std::vector<std::string>{"baseline: http://h/v1/models: connection refused"});
  problems.clear();
  fetcher.answers["http://h/v1/models"] = {200, "<html>login</html>", "", ""};
  read_facts(Arm::baseline, arm, fetcher, problems);
  REQUIRE(problems.size() == 1);
  REQUIRE_THAT(problems[0], ContainsSubstring("saw HTML"));
  problems.clear();
  fetcher.answers["http://h/v1/models"] = {401, "{\"error\":\"Unauthorized\"}", "", ""};
  read_facts(Arm::baseline, arm, fetcher, problems);
  REQUIRE(problems == std::vector<std::string>{"baseline: http://h/v1/models: http 401"});
}
