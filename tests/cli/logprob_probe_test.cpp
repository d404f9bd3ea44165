// What servers give when asked for log-probabilities, and what is asked of all in the end.
#include "cli/logprob_probe.hpp"

#include <nlohmann/json.hpp>

#include "../catch.hpp"

using namespace abgate;
using namespace abgate::cli;
using json = nlohmann::json;

namespace {

/// A server as it treats the fields.
struct Server {
  int limit = 20;           ///< refuses more
  int gives = 1000;         ///< sends no more, whatever is asked
  bool ignores = false;
  bool refuses = false;
  bool refuses_ids = false;
  bool knows_ids = true;
  std::string broken;       ///< sent in place of log-probabilities
  std::vector<json> asked;

  Answer answer(const std::string& body) {
    const json request = json::parse(body);
    asked.push_back(request);
    const bool chat = request.contains("messages");
    const bool wanted = request.contains("logprobs");
    const int top = !wanted ? 0 : request.value(chat ? "top_logprobs" : "logprobs", 0);
    const bool ids = request.contains("return_tokens_as_token_ids");
    if (wanted && (refuses || top > limit || (ids && refuses_ids))) {
      return {400, "application/json",
              R"({"error":{"message":"Requested sample logprobs of )" + std::to_string(top) +
                  R"(, which is greater than max allowed: )" + std::to_string(limit) +
                  R"(","type":"BadRequestError","param":null,"code":400}})",
              ""};
    }
    const std::string lists = !broken.empty() ? broken
                              : ignores || !wanted
                                  ? "null"
                                  : given(std::min(top, gives), ids && knows_ids, chat);
    const std::string text = chat ? R"("delta":{"content":"x"})" : R"("text":"x")";
    return {200, "text/event-stream",
            R"(data: {"choices":[{"index":0,)" + text + R"(,"logprobs":)" + lists +
                R"(,"finish_reason":"length"}]})" + "\n\ndata: [DONE]\n\n",
            ""};
  }

  static std::string given(int top, bool ids, bool chat) {
    const auto name = [&](int i) { return (ids ? "token_id:" : "t") + std::to_string(i); };
    json map = json::object(), list = json::array();
    for (int i = 0; i < top; ++i) {
      map[name(i)] = -0.5 - i;
      json entry;
      entry["token"] = name(i);
      entry["logprob"] = -0.5 - i;
      entry["bytes"] = nullptr;
      list.push_back(entry);
    }
    json out;
    if (chat) {
      out["content"][0]["token"] = name(0);
      out["content"][0]["logprob"] = -0.5;
      out["content"][0]["top_logprobs"] = list;
    } else {
      out["tokens"][0] = name(0);
      out["token_logprobs"][0] = -0.5;
      out["top_logprobs"][0] = map;
    }
    return out.dump();
  }
};

struct Setup {
  Scenario scenario;
  Plan plan;
  explicit Setup(int wanted = 20, Api api = Api::completions) {
    scenario.api = api;
    scenario.baseline.url = "http://b";
    scenario.candidate.url = "http://c";
    scenario.quality.logprobs = wanted;
    scenario.sampling.min_tokens = 9;
    PlannedPrompt prompt;
    prompt.id = "p";
    prompt.text = "def f():";
    prompt.messages = {{"user", "hi"}};
    plan.prompts.push_back(prompt);
  }
  LogprobOffer offer(Server& server, Arm arm = Arm::baseline) const {
    const Ask ask = [&](const ArmConfig&, std::string_view, const std::string& url,
                        const std::string& body) {
      CHECK(url.ends_with(scenario.api == Api::chat ? "/v1/chat/completions" : "/v1/completions"));
      return server.answer(body);
    };
    return probe_logprobs(scenario, plan, arm, "m", ask);
  }
  LogprobFacts facts(Server& a, Server& b) const {
    return agree(scenario.quality.logprobs, {offer(a), offer(b, Arm::candidate)});
  }
};

}  // namespace

TEST_CASE("a server that gives what is wanted is asked once, as the quality pass would",
          "[logprobs]") {
  for (const Api api : {Api::completions, Api::chat}) {
    Server server;
    const LogprobOffer offer = Setup(20, api).offer(server);
    CHECK(offer.top == 20);
    CHECK(offer.ids);
    CHECK(offer.why.empty());
    REQUIRE(server.asked.size() == 1);
    CHECK(server.asked[0]["stream"] == true);
    CHECK(server.asked[0]["max_tokens"] == 2);
    CHECK_FALSE(server.asked[0].contains("min_tokens"));
    CHECK(server.asked[0]["return_tokens_as_token_ids"] == true);
  }
}

TEST_CASE("a smaller limit is found by asking for less", "[logprobs]") {
  Server server;
  server.limit = 8;
  const LogprobOffer offer = Setup().offer(server);
  CHECK(offer.top == 5);
  CHECK(offer.ids);
  CHECK_THAT(offer.why, ContainsSubstring("refuses 20 (http_error 400 BadRequestError: Requested "
                                          "sample logprobs of 20, which is greater than max "
                                          "allowed: 8)"));
  CHECK(server.asked.size() == 2);
  Server small;
  small.limit = 1;
  CHECK(Setup(12).offer(small).top == 1);
  CHECK(small.asked.size() == 3);  // 12, 5, 1
  Server silent;
  silent.gives = 3;
  const LogprobOffer fewer = Setup().offer(silent);
  CHECK(fewer.top == 3);
  CHECK(fewer.why == "gives 3 where 20 are asked");
}

TEST_CASE("servers that give none say why", "[logprobs]") {
  Server ignores, refuses, chosen_only, broken;
  ignores.ignores = true;
  CHECK(Setup().offer(ignores).top == 0);
  CHECK(Setup().offer(ignores).why == "answers without them");
  refuses.refuses = true;
  CHECK(Setup().offer(refuses).top == 0);
  CHECK_THAT(Setup().offer(refuses).why, ContainsSubstring("refuses 20 (http_error 400"));
  chosen_only.gives = 0;
  CHECK(Setup().offer(chosen_only).top == 0);
  CHECK(Setup().offer(chosen_only).why == "names no other token than the chosen one");
  broken.broken = R"({"tokens":["a"],"token_logprobs":["much"]})";
  CHECK(Setup().offer(broken).top == 0);
  CHECK_THAT(Setup().offer(broken).why, ContainsSubstring("gives them broken (logprobs."));
}

TEST_CASE("a server that refuses only the ids is asked without them", "[logprobs]") {
  Server server;
  server.refuses_ids = true;
  const LogprobOffer offer = Setup().offer(server);
  CHECK(offer.top == 20);
  CHECK_FALSE(offer.ids);
  CHECK_FALSE(offer.why.empty());
  Server by_text;
  by_text.knows_ids = false;
  CHECK_FALSE(Setup().offer(by_text).ids);
  CHECK(Setup().offer(by_text).why == "names tokens by text only");
}

TEST_CASE("all arms are asked for what the least of them gives", "[logprobs]") {
  Server full, limited, by_text, none;
  limited.limit = 5;
  by_text.knows_ids = false;
  none.ignores = true;
  const Setup setup;
  LogprobFacts facts = setup.facts(full, full);
  CHECK(facts == LogprobFacts{20, 20, true, ""});
  CHECK(describe(facts) ==
        "log-probabilities of the answers: the 20 most likely tokens of each position, by token "
        "id");
  facts = setup.facts(full, limited);
  CHECK(facts.top == 5);
  CHECK(facts.ids);
  CHECK_THAT(describe(facts), ContainsSubstring("5 of the 20 most likely tokens wanted of each "
                                                "position, by token id (candidate refuses 20"));
  facts = setup.facts(by_text, full);
  CHECK(facts == LogprobFacts{20, 20, false, "baseline names tokens by text only"});
  facts = setup.facts(full, none);
  CHECK(facts == LogprobFacts{20, 0, false, "candidate answers without them"});
  CHECK(describe(facts) ==
        "log-probabilities of the answers: not asked of any arm, because candidate answers without "
        "them");
  CHECK_THAT(describe(LogprobFacts{}), ContainsSubstring("none wanted"));
}

TEST_CASE("what was granted is what the run asks for", "[logprobs]") {
  Preflight checked;
  checked.logprobs = LogprobFacts{20, 5, false, "candidate …"};
  const Scenario granted = as_granted(Setup().scenario, checked);
  CHECK(granted.quality.logprobs == 5);
  CHECK_FALSE(granted.quality.logprob_ids);
  checked.logprobs.reset();
  CHECK(as_granted(Setup().scenario, checked).quality.logprobs == 0);
}

TEST_CASE("where ids are not wanted they are not asked for", "[logprobs]") {
  Server server;
  Setup setup;
  setup.scenario.quality.logprob_ids = false;
  const LogprobOffer offer = setup.offer(server);
  CHECK(offer.top == 20);
  CHECK_FALSE(offer.ids);
  CHECK(offer.why.empty());
  REQUIRE(server.asked.size() == 1);
  CHECK_FALSE(server.asked[0].contains("return_tokens_as_token_ids"));
  CHECK(agree(20, {offer}) == LogprobFacts{20, 20, false, ""});
}
