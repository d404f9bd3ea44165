// What preflight asks and refuses, with the servers played by a function.

#include "cli/preflight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "../catch.hpp"
#include "cli/token_check.hpp"
#include "core/error.hpp"
#include "quality/suite.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {

/// Two servers that know the listed texts as single tokens and every other byte as one.
struct Servers {
  std::map<std::string, int> special{{"<|fim_prefix|>", 1001},
                                     {"<|fim_suffix|>", 1002},
                                     {"<|fim_middle|>", 1003}};
  bool tokenize = true;
  std::string completion = R"({"choices":[{"text":"x"}]})";
  std::string changed;  ///< the candidate reads this text differently
  std::atomic<int> now{0}, most{0}, asked{0};

  Answer answer(const ArmConfig& arm, std::string_view, const std::string& url,
                const std::string& body) {
    if (url.ends_with("/models"))
      return {200, "", R"({"data":[{"id":"m","max_model_len":4000}]})", ""};
    if (url.ends_with("/version")) return {200, "", R"({"version":"1"})", ""};
    if (url.ends_with("/completions")) return {200, "", completion, ""};
    if (!tokenize) return {404, "", "no", ""};
    ++asked;
    const int running = ++now;
    for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --now;
    std::string ids;
    const std::string prompt = between(body);
    for (std::size_t at = 0; at < prompt.size();) {
      int id = static_cast<unsigned char>(prompt[at]);
      std::size_t size = 1;
      for (const auto& [text, one] : special) {
        if (prompt.compare(at, text.size(), text) != 0) continue;
        id = one;
        size = text.size();
      }
      at += size;
      ids += fmt::format("{}{}", ids.empty() ? "" : ",", id);
    }
    if (!changed.empty() && arm.url == "http://c" && prompt.find(changed) != std::string::npos)
      ids += ",7";
    return {200, "", "{\"tokens\":[" + ids + "]}", ""};
  }
  Ask ask() {
    return [this](const ArmConfig& arm, std::string_view method, const std::string& url,
                  const std::string& body) { return answer(arm, method, url, body); };
  }
  static std::string between(const std::string& body) {
    const std::size_t begin = body.find("\"prompt\":\"") + 10;
    return body.substr(begin, body.find('"', begin) - begin);
  }
};

struct Run {
  Scenario scenario;
  Plan plan;
  Run(std::size_t load, std::size_t quality, const std::string& fim = "qwen2.5-coder") {
    scenario.baseline.url = "http://b";
    scenario.candidate.url = "http://c";
    scenario.quality.fim_template = fim;
    scenario.quality.logprobs = 0;  // logprob_probe_test.cpp is about those
    Cell cell;
    cell.kind = CellKind::quality;
    const auto* format = quality::find_fim_template(fim);
    SuiteItem item;
    item.kind = ItemKind::fim;
    for (std::size_t i = 0; i < load + quality; ++i) {
      PlannedPrompt prompt;
      prompt.id = fmt::format("item-{}", i);
      item.prefix = fmt::format("before {};", i);
      item.suffix = "after";
      prompt.text = i < load ? "plain" : quality::render_prompt(item, *format);
      plan.prompts.push_back(prompt);
      PlannedRequest request;
      request.item = static_cast<std::uint32_t>(i);
      if (i >= load) cell.requests.push_back(request);
    }
    plan.cells.push_back(cell);
  }
  Preflight check(Servers& servers, const Say& say = {}) const {
    return preflight(scenario, plan, {Arm::baseline, Arm::candidate}, servers.ask(), say);
  }
  std::string refusal(Servers& servers) const {
    try {
      check(servers);
    } catch (const Error& e) {
      CHECK(e.code() == ExitCode::bad_scenario);
      return e.what();
    }
    return "accepted";
  }
};

}  // namespace

TEST_CASE("every prompt of the quality pass is compared, and a sample of the load's",
          "[preflight]") {
  Servers servers;
  const Run run(100, 300);
  std::vector<std::string> said;
  const Preflight checked = run.check(servers, [&](const std::string& line) { said.push_back(line); });
  CHECK(servers.asked == 2 * (24 + 300 + 3));
  CHECK(servers.most <= 8);
  REQUIRE(said.size() == 2);
  CHECK(said[0] == "baseline http://b: token ids of 256 of 324 prompts compared");
  REQUIRE(checked.facts.size() == 2);
  CHECK(checked.facts[0].other.at("Prompts read as token ids") == "324 of 400");
  CHECK(checked.facts[0].other.at("FIM tokens") ==
        "<|fim_prefix|> 1001, <|fim_suffix|> 1002, <|fim_middle|> 1003");
  CHECK(checked.facts[0].token_ids_hash == checked.facts[1].token_ids_hash);
  CHECK(checked.notes.empty());
}

TEST_CASE("the longest prompt of the load is among those that are looked at", "[preflight]") {
  Run run(1000, 0);
  run.plan.prompts[777].text = std::string(4000, 'x');
  const auto asked = prompts_to_tokenize(run.plan);
  CHECK(asked.size() == 25);
  CHECK(std::count(asked.begin(), asked.end(), 777U) == 1);
  run.plan.prompts[777].text.clear();
  run.plan.prompts[0].text = std::string(4000, 'x');
  CHECK(prompts_to_tokenize(run.plan).size() == 24);  // the first is in the sample already
}

TEST_CASE("one prompt that the servers read differently is found and named", "[preflight]") {
  Servers servers;
  servers.changed = "before 263;";
  const Run run(0, 300);
  const Preflight checked = run.check(servers);
  CHECK(checked.facts[0].token_ids_hash != checked.facts[1].token_ids_hash);
  REQUIRE(checked.notes.size() == 1);
  CHECK(checked.notes[0] ==
        "the servers turn 1 of 300 compared prompts into different token ids; the first is "
        "\"item-263\": 19 and 20 tokens");
}

TEST_CASE("a FIM token that is no single token refuses the template", "[preflight]") {
  Servers servers;
  servers.special.erase("<|fim_middle|>");
  CHECK(Run(0, 3).refusal(servers) ==
        "baseline http://b: \"<|fim_middle|>\" of the FIM template qwen2.5-coder is 14 token ids "
        "here, want one of its own: wrong template for this model; set quality.fim_template to "
        "the model's family");
  CHECK_THAT(Run(0, 3, "starcoder2").refusal(servers),
             ContainsSubstring("\"<fim_prefix>\" of the FIM template starcoder2 is 12 token ids"));
  CHECK_THAT(Run(0, 3, "codellama").refusal(servers),
             ContainsSubstring("\"<PRE>\" of the FIM template codellama"));
  CHECK_THAT(Run(0, 3, "codestral").refusal(servers), ContainsSubstring("\"[PREFIX]\""));
  // Two of them as one id are as useless.
  servers.special["<|fim_middle|>"] = 1001;
  CHECK_THAT(Run(0, 3).refusal(servers), ContainsSubstring("is the id of another of its tokens"));
  // Without a FIM prompt nothing is asked.
  servers.special.clear();
  CHECK(Run(5, 0).refusal(servers) == "accepted");
}

TEST_CASE("without /tokenize the run goes on and says what was not checked", "[preflight]") {
  Servers servers;
  servers.tokenize = false;
  const Preflight checked = Run(2, 3).check(servers);
  CHECK_FALSE(checked.facts[0].token_ids_hash);
  CHECK(checked.facts[0].other.at("FIM tokens") == "unchecked: /tokenize answered 404");
  CHECK(checked.facts[1].other.at("Prompts read as token ids") == "none: /tokenize answered 404");
  REQUIRE(checked.notes.size() == 2);
  CHECK(checked.notes[0] ==
        "baseline: whether the FIM tokens are known to the model is unchecked: /tokenize answered "
        "404");
}

TEST_CASE("a prompt longer than the context is refused wherever it stands", "[preflight]") {
  Servers servers;
  Run run(0, 300);
  run.plan.prompts[271].text += std::string(4000, 'x');
  CHECK_THAT(run.refusal(servers), ContainsSubstring("prompt \"item-271\" has"));
}

TEST_CASE("log-probabilities are asked for where there is a quality pass, by text where ids differ",
          "[preflight]") {
  Servers servers;
  servers.completion =
      R"({"choices":[{"text":"x","finish_reason":"length","logprobs":{"tokens":["x"],)"
      R"("token_logprobs":[-1],"top_logprobs":[{"x":-1,"y":-2}]}}]})";
  Run run(0, 3);
  CHECK(run.check(servers).logprobs == LogprobFacts{});
  run.scenario.quality.logprobs = 2;
  Preflight checked = run.check(servers);
  CHECK(checked.logprobs ==
        LogprobFacts{2, 2, false,
                     "baseline names tokens by text only; candidate names tokens by text only"});
  REQUIRE(checked.notes.size() == 1);
  CHECK(checked.notes[0] == describe(*checked.logprobs));
  servers.changed = "before 2;";
  checked = run.check(servers);
  CHECK(checked.logprobs == LogprobFacts{2, 2, false, "the servers' token ids differ"});
  run.plan.cells.clear();
  CHECK_FALSE(run.check(servers).logprobs);
}
