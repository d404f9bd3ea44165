// The questions of the preflight, asked again after the load.
#include "cli/preflight.hpp"

#include "../catch.hpp"
#include "core/error.hpp"
#include "observe/fingerprint.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {

struct FakeServer {
  std::string version = "0.11.2", model = "coder-awq", root = "/models/coder-awq";
  std::string tokens = "[1,2,3]";
  int max_model_len = 32000;
  bool gone = false;
  std::size_t completions = 0;

  Answer answer(std::string_view method, const std::string& url) {
    if (gone) throw Error(ExitCode::unavailable, "connection refused");
    if (url.ends_with("/v1/models"))
      return {200, "application/json",
              R"({"data":[{"id":")" + model + R"(","root":")" + root + R"(","max_model_len":)" +
                  std::to_string(max_model_len) + "}]}",
              "127.0.0.1"};
    if (url.ends_with("/version"))
      return {200, "application/json", R"({"version":")" + version + "\"}", ""};
    if (url.ends_with("/tokenize"))
      return {200, "application/json", R"({"tokens":)" + tokens + "}", ""};
    completions += method == "POST" ? 1U : 0U;
    return {200, "application/json", R"({"choices":[]})", ""};
  }
};

/// Facts before and after `change`, and what that makes of the fingerprint.
struct Outcome {
  std::vector<std::string> changes, gaps, notes;
  std::size_t completions = 0;
};

template <typename Change>
Outcome around(Change change) {
  FakeServer servers[2];
  Scenario scenario;
  scenario.baseline.url = "http://a:1/v1";
  scenario.candidate.url = "http://b:2";
  Plan plan;
  plan.prompts.emplace_back().text = "def f(";
  const Ask ask = [&](const ArmConfig& arm, std::string_view method, const std::string& url,
                      const std::string&) {
    return servers[&arm == &scenario.candidate ? 1 : 0].answer(method, url);
  };
  const Preflight before = preflight(scenario, plan, {Arm::baseline, Arm::candidate}, ask);
  change(servers[1]);
  servers[0].completions = servers[1].completions = 0;
  Outcome out;
  const auto after = ask_again(scenario, plan, before.facts, ask, out.notes);
  out.changes = observe::fingerprint_changes(before.facts, after, {});
  out.gaps = observe::fingerprint_gaps(before.facts, after);
  out.completions = servers[0].completions + servers[1].completions;
  return out;
}

}  // namespace

TEST_CASE("a deployment that stayed the same is told as such, without another completion",
          "[cli][fingerprint]") {
  const Outcome o = around([](FakeServer&) {});
  CHECK(o.changes.empty());
  CHECK(o.gaps.empty());
  CHECK(o.notes.empty());
  CHECK(o.completions == 0);
}

TEST_CASE("a version, model, context or tokeniser that changed under the run is seen",
          "[cli][fingerprint]") {
  const auto change = [](auto what) {
    const Outcome o = around(what);
    REQUIRE(o.changes.size() >= 1);
    return o.changes[0];
  };
  CHECK_THAT(change([](FakeServer& s) { s.version = "0.12.0"; }),
             ContainsSubstring("candidate: the engine's version 0.11.2 became 0.12.0"));
  CHECK_THAT(change([](FakeServer& s) { s.model = "coder-gptq"; }),
             ContainsSubstring("candidate: the served model coder-awq became coder-gptq"));
  CHECK_THAT(change([](FakeServer& s) { s.root = "/models/awq-2"; }),
             ContainsSubstring("root /models/coder-awq became /models/awq-2"));
  CHECK_THAT(change([](FakeServer& s) { s.max_model_len = 2; }),  // below the prompt: no refusal
             ContainsSubstring("max_model_len 32000 became 2"));
  CHECK_THAT(change([](FakeServer& s) { s.tokens = "[1,2,4]"; }),
             ContainsSubstring("other token ids after the run"));
}

TEST_CASE("a server that is gone after the run is a gap with a note", "[cli][fingerprint]") {
  const Outcome o = around([](FakeServer& s) { s.gone = true; });
  CHECK(o.changes.empty());
  REQUIRE(o.gaps.size() == 1);
  CHECK_THAT(o.gaps[0], ContainsSubstring("candidate: not asked again"));
  REQUIRE(o.notes.size() == 1);
  CHECK_THAT(o.notes[0], ContainsSubstring("connection refused"));
}
