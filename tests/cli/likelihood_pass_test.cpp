#include <string>

#include "../catch.hpp"
#include "cli/likelihood_pass.hpp"
#include "core/error.hpp"

using namespace abgate;
using namespace abgate::cli;
using quality::LogprobDialect;

namespace {

const ArmConfig kConfig = [] {
  ArmConfig config;
  config.url = "http://a:1/v1";
  return config;
}();
const LikelihoodArm kServer{Arm::candidate, &kConfig, "m"};

std::string echo_answer(double logprob) {
  return R"({"choices":[{"logprobs":{"tokens":["a","b","c"],"token_logprobs":[null,)" +
         std::to_string(logprob) + R"(,-1],"top_logprobs":null}}],"usage":{"prompt_tokens":2}})";
}

}  // namespace

TEST_CASE("A server that ignores prompt_logprobs but echoes is asked for an echo", "[likelihood]") {
  const auto ask = [](const ArmConfig&, std::string_view, const std::string&,
                      const std::string& body) {
    const bool echo = body.find("\"echo\":true") != std::string::npos;
    return Answer{200, "", echo ? echo_answer(-0.5) : R"({"choices":[{"text":"x"}]})", ""};
  };
  CHECK(find_dialect(kServer, 5, ask) == LogprobDialect::echo);
}

TEST_CASE("A server that cannot, or does not repeat itself, is refused in one line",
          "[likelihood]") {
  int calls = 0;
  const auto ask = [&](const ArmConfig&, std::string_view, const std::string& url,
                       const std::string& body) {
    if (url == "http://a:1/generate") return Answer{404, "", "no such\npath", ""};
    if (body.find("\"echo\":true") != std::string::npos)
      return Answer{200, "", echo_answer(++calls == 1 ? -0.5 : -2.5), ""};
    return Answer{200, "", R"({"error":{"message":"Only no echo is supported"}})", ""};
  };
  try {
    find_dialect(kServer, 5, ask);
    FAIL("accepted");
  } catch (const Error& e) {
    const std::string line = e.what();
    INFO(line);
    CHECK(e.code() == ExitCode::unavailable);
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.find("candidate http://a:1/v1 gives no log-probabilities") == 0);
    CHECK(line.find("Only no echo is supported") != std::string::npos);
    CHECK(line.find("echo: the same text twice: log-probabilities differ by 2 nat") !=
          std::string::npos);
    CHECK(line.find("status 404") != std::string::npos);
  }
}

TEST_CASE("Gold code of a fill-in-the-middle item: the whole file, or the middle after its prompt",
          "[likelihood]") {
  Suite suite;
  SuiteItem item;
  item.id = "hole";
  item.kind = ItemKind::fim;
  item.prefix = "def f():\n";
  item.reference = "    return 1\n";
  item.suffix = "\nprint(f())\n";
  suite.items = {item};
  Plan plan;
  plan.prompts.emplace_back();
  plan.prompts[0].id = "hole";
  plan.cells.emplace_back();
  plan.cells[0].kind = CellKind::quality;
  plan.cells[0].requests.emplace_back();
  QualityConfig config;
  auto texts = reference_texts(suite, plan, config);
  REQUIRE(texts.size() == 1);
  CHECK(texts[0].text == "def f():\n    return 1\n\nprint(f())\n");
  CHECK(texts[0].prefix_bytes == item.prefix.size());
  config.likelihood.whole_document = false;
  texts = reference_texts(suite, plan, config);
  CHECK(texts[0].text ==
        "<|fim_prefix|>def f():\n<|fim_suffix|>\nprint(f())\n<|fim_middle|>    return 1\n");
  CHECK(texts[0].text.substr(texts[0].prefix_bytes) == item.reference);
}
