#include "cli/token_ids.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "cli/prompt_sizing.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {

using Json = nlohmann::json;

/// One id a byte, the way that each server wants to be asked.
struct Servers {
  enum class Kind { vllm, llama, pieces, silent } kind = Kind::vllm;
  std::vector<Json> asked;

  Ask ask() {
    return [this](const ArmConfig&, std::string_view, const std::string& url,
                  const std::string& body) -> Answer {
      if (!url.ends_with("/tokenize")) return {404, "", "no", ""};
      CHECK(url == "http://a:8000/tokenize");
      asked.push_back(Json::parse(body));
      return {200, "", answer(asked.back()).dump(), ""};
    };
  }

 private:
  Json answer(const Json& question) const {
    Json ids = Json::array();
    std::string text;
    if (kind == Kind::llama) {
      text = question.value("content", "");
    } else if (kind != Kind::silent) {
      text = question.value("prompt", "");
      if (question.contains("messages"))
        for (const Json& m : question["messages"]) text += m.value("content", "");
    }
    for (const char c : text) {
      if (kind == Kind::pieces) {
        ids.push_back({{"id", int{c}}, {"piece", std::string(1, c)}});
      } else {
        ids.push_back(int{c});
      }
    }
    return {{"tokens", ids}};
  }
};

ArmConfig server() {
  ArmConfig arm;
  arm.url = "http://a:8000/v1";
  return arm;
}

}  // namespace

TEST_CASE("Token ids come as vLLM and SGLang give them, of prompts and of messages", "[preflight]") {
  Servers servers;
  REQUIRE(ask_token_ids(server(), {"m", "ab", {}, true}, servers.ask()).ids ==
          std::vector<std::int64_t>{97, 98});
  REQUIRE(servers.asked.back() == Json{{"model", "m"}, {"prompt", "ab"}});
  REQUIRE(ask_token_ids(server(), {"m", "", {{"user", "b"}}, true}, servers.ask()).ids ==
          std::vector<std::int64_t>{98});
  ask_token_ids(server(), {"m", "a", {}, false}, servers.ask());
  REQUIRE(servers.asked.back().at("add_special_tokens") == false);
  REQUIRE(servers.asked.size() == 3);
}

TEST_CASE("A server that answers no ids is asked as llama-server wants it", "[preflight]") {
  Servers servers;
  servers.kind = Servers::Kind::llama;
  const TokenIds ids = ask_token_ids(server(), {"m", "ab", {}, false}, servers.ask());
  REQUIRE(ids.missing.empty());
  REQUIRE(ids.ids == std::vector<std::int64_t>{97, 98});
  REQUIRE(servers.asked.size() == 2);
  REQUIRE(servers.asked.back() ==
          Json{{"content", "ab"}, {"add_special", false}, {"parse_special", true}});
}

TEST_CASE("No ids for a text are never an answer, and neither is something else than ids",
          "[preflight]") {
  Servers servers;
  servers.kind = Servers::Kind::silent;
  REQUIRE(ask_token_ids(server(), {"m", "ab", {}, true}, servers.ask()).missing ==
          "/tokenize answered no ids at all");
  REQUIRE(ask_token_ids(server(), {"m", "", {{"user", "b"}}, true}, servers.ask()).missing ==
          "/tokenize answered no ids at all");
  REQUIRE(ask_token_ids(server(), {"m", "", {}, true}, servers.ask()).missing.empty());
  servers.kind = Servers::Kind::pieces;
  REQUIRE(ask_token_ids(server(), {"m", "ab", {}, true}, servers.ask()).missing ==
          "/tokenize answered without token ids");
  const Ask gone = [](const ArmConfig&, std::string_view, const std::string&,
                      const std::string&) -> Answer { return {404, "", "", ""}; };
  REQUIRE(ask_token_ids(server(), {"m", "ab", {}, true}, gone).missing == "/tokenize answered 404");
}

TEST_CASE("Made-up prompts are sized by llama-server's tokens too", "[preflight]") {
  Servers servers;
  servers.kind = Servers::Kind::llama;
  Scenario scenario;
  scenario.baseline = server();
  const PromptSizing sizing = measure_prompt_sizing(scenario, Arm::baseline, servers.ask());
  REQUIRE(sizing.words.tokens_per_word > 2);  // a token a byte
  REQUIRE(sizing.source.find("/tokenize") != std::string::npos);
}
