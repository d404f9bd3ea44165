#include <string>
#include <tuple>
#include <vector>

#include "../catch.hpp"
#include "cli/likelihood_pass.hpp"
#include "core/error.hpp"
#include "store/likelihood_file.hpp"
#include "store/samples.hpp"

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

TEST_CASE("What an interrupted run asked is not asked again, what it did not is", "[likelihood]") {
  std::vector<LikelihoodText> texts;
  for (const char* id : {"answered", "failed", "cut", "never"})
    texts.push_back({LikelihoodTask::reference, id, id, "k", "python", "abc", 0});
  test::TempFolder folder;
  const std::string before = folder / "before.jsonl.gz";
  {
    store::LikelihoodWriter writer(before);
    LikelihoodRecord record;
    record.arm = Arm::candidate;
    record.text = texts[0];
    record.tokens.resize(2);
    record.tokens[0].text = "a";
    record.tokens[1].text = "bc";
    record.tokens[1].logprob = -0.25;
    writer.append(record);
    record.text = texts[1];
    record.tokens.clear();
    record.error = "status 500 out of memory";
    writer.append(record);
    record.text = texts[2];
    record.error = "interrupted";
    writer.append(record);
    writer.finish();
  }
  const auto run = [&](const std::string& from, bool unfinished) {
    LikelihoodPass pass;
    pass.folder = folder.path();
    pass.arms = {kServer};
    int asked = 0;
    pass.ask = [&](const ArmConfig&, std::string_view, const std::string&, const std::string& body) {
      if (body.find("\"abc\"") != std::string::npos) ++asked;
      return Answer{200, "", echo_answer(-0.5), ""};
    };
    pass.note = [](const std::string&) {};
    pass.before = {{from, "reference-candidate", Arm::candidate, unfinished}};
    const std::size_t taken = run_likelihood(pass, texts, {});
    store::LikelihoodReader reader(
        folder / store::likelihood_file(LikelihoodTask::reference, Arm::candidate), false);
    std::vector<LikelihoodRecord> records(texts.size());
    for (LikelihoodRecord& r : records) REQUIRE(reader.next(r));
    LikelihoodRecord none;
    CHECK_FALSE(reader.next(none));
    return std::tuple(taken, asked, records);
  };
  const auto [taken, asked, records] = run(before, false);
  CHECK(taken == 2);
  CHECK(asked == 2);
  CHECK(records[0].tokens.at(1).logprob == -0.25);
  CHECK(records[1].error == "status 500 out of memory");  // data, as any failure of a server
  CHECK(records[2].error.empty());
  CHECK(records[3].error.empty());
  // Cut in its first line, no file of this kind, gone: as good as missing.
  const std::string whole = test::slurp(before);
  test::spew(folder / "short.gz", whole.substr(0, 20));
  test::spew(folder / "other.gz", "no gzip");
  for (const char* name : {"short.gz", "other.gz", "none.gz"}) {
    const auto [nothing, all, again] = run(folder / name, true);
    CAPTURE(name);
    CHECK(nothing == 0);
    CHECK(all == 4);
  }
}
