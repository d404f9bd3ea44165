// Files that are no scenario at all, secrets, and the small helpers.

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "config/environment.hpp"
#include "config/sample.hpp"
#include "config/text.hpp"

using namespace abgate;
using namespace abgate::config;
namespace fs = std::filesystem;

TEST_CASE("A file that is no scenario gets one line that says what it is", "[config]") {
  REQUIRE(refusal("") == "s.yaml: saw an empty file, want a scenario in YAML");
  REQUIRE_THAT(refusal("# only a comment\n"), ContainsSubstring("saw nothing, want a scenario"));
  REQUIRE(refusal(std::string("a: 1\nb\0c", 8)) ==
          "s.yaml:2:2: saw a NUL byte, want a scenario in YAML (text, not binary)");
  REQUIRE(refusal("a: 1\nb: \xff\n") ==
          "s.yaml:2:4: saw bytes that are not UTF-8, want a scenario in UTF-8");
  REQUIRE_THAT(refusal("a: \xc0\xaf\n"), ContainsSubstring("not UTF-8"));      // overlong
  REQUIRE_THAT(refusal("a: \xed\xa0\x80\n"), ContainsSubstring("not UTF-8"));  // surrogate
  REQUIRE_THAT(refusal("a: \xe2\x82"), ContainsSubstring("not UTF-8"));        // cut
  REQUIRE_THAT(refusal("a: " + std::string(2'000'000, 'x')),
               ContainsSubstring("saw more than 1048576 bytes"));
  REQUIRE_THAT(refusal("- a\n- b\n"), ContainsSubstring("s.yaml:1:1: saw a list, want a scenario"));
  REQUIRE_THAT(refusal("just text\n"), ContainsSubstring("saw just text, want a scenario"));
  REQUIRE_THAT(refusal("{\"a\": "), ContainsSubstring("s.yaml:1:"));
  REQUIRE_THAT(refusal("a: 1\n---\nb: 2\n"), ContainsSubstring("saw a second document"));
}

TEST_CASE("YAML that is broken is refused at its place, with a hint for the usual slips",
          "[config]") {
  REQUIRE(refusal("a: 1\na: 2\n") ==
          "s.yaml:2:1: a: saw the key a second time, want it once (first in line 1)");
  REQUIRE_THAT(refusal("op: >= 3\n"), ContainsSubstring("(quote the operator: op: \">=\")"));
  REQUIRE_THAT(refusal("a:\n\t- b\n"), ContainsSubstring("(indent with spaces, not tabs)"));
  REQUIRE_THAT(refusal("a: [1, 2\nb: 3\n"), ContainsSubstring("s.yaml:2:"));
  REQUIRE_THAT(refusal("a: *nothing\n"), ContainsSubstring("YAML error"));
  REQUIRE_THAT(refusal("a: !!python/object:os.system x\n"), ContainsSubstring("saw the tag"));
  REQUIRE_THAT(refusal("? [a]\n: b\n"), ContainsSubstring("want a text as key"));
  REQUIRE_THAT(refusal("a: &a [*a]\n"), ContainsSubstring("s.yaml:1:"));
}

TEST_CASE("Texts that grow without bound when they are read are refused", "[config]") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  REQUIRE_THAT(refusal(bomb), ContainsSubstring("more than 100000 values"));
  std::string wide = "a: &a " + std::string(500'000, 'x') + "\nb: [*a";
  for (int i = 0; i < 1000; ++i) wide += ", *a";
  REQUIRE_THAT(refusal(wide + "]\n"), ContainsSubstring("more than 100000 values"));
  REQUIRE(
      refusal("a: " + std::string(5000, '[') + std::string(5000, ']') + "\n").rfind("s.yaml", 0) ==
      0);
  REQUIRE(refusal(std::string(5000, '{')).rfind("s.yaml", 0) == 0);
}

TEST_CASE("Random changes to a scenario are accepted or refused in one line, never more",
          "[config]") {
  std::uint64_t state = 3;
  for (int round = 0; round < 1500; ++round) {
    std::string text = kSample;
    for (int change = 0; change < 3; ++change) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      text[(state >> 33) % text.size()] = "\n\t :-{}[]\"'#&*!|>%@`x0"[(state >> 20) % 22];
    }
    const std::string said = refusal(text);
    INFO(text);
    REQUIRE((said == "accepted" ||
             (said.rfind("s.yaml", 0) == 0 && said.find('\n') == std::string::npos)));
  }
}

TEST_CASE("Every way of cutting a scenario short is refused", "[config]") {
  const auto last = kSample.find("criteria:");
  for (std::size_t cut = 0; cut < last; cut += 3)
    REQUIRE(refusal(kSample.substr(0, cut)) != "accepted");
}

TEST_CASE("A path that is no file is refused", "[config]") {
  REQUIRE_THROWS_WITH(load_scenario("nowhere/s.yaml", {}, Secrets::require),
                      "nowhere/s.yaml: saw no such file, want a scenario file");
  REQUIRE_THROWS_WITH(load_scenario(fs::temp_directory_path().string(), {}, Secrets::require),
                      ContainsSubstring("saw a folder"));
}

TEST_CASE("A suite that does not exist is refused before a run, and not looked for when judging",
          "[config]") {
  const std::string said = refusal(kSample, {}, Secrets::require);
  REQUIRE_THAT(said, ContainsSubstring("s.yaml:12:10: workload.suite: saw suite.jsonl, want a file "
                                       "that exists (looked for suite.jsonl)"));
  REQUIRE(refusal(kSample) == "accepted");
  const fs::path folder = fs::temp_directory_path() / "abgate-config-test";
  fs::create_directories(folder);
  std::ofstream(folder / "suite.jsonl") << "{}\n";
  std::ofstream(folder / "s.yaml") << kSample;
  REQUIRE(load_scenario((folder / "s.yaml").string(), {}, Secrets::require).workload.suite ==
          "suite.jsonl");
  fs::remove_all(folder);
}

TEST_CASE("Paths start from the scenario's folder", "[config]") {
  REQUIRE(resolve_path("scenarios/a.yaml", "../prompts/x.jsonl") == "prompts/x.jsonl");
  REQUIRE(resolve_path("a.yaml", "x.jsonl") == "x.jsonl");
  REQUIRE(resolve_path("scenarios/a.yaml", "/abs/x.jsonl") == "/abs/x.jsonl");
  REQUIRE(resolve_path("scenarios/a.yaml", "").empty());
}

TEST_CASE("Secrets come from the environment and stay as names in the text", "[config]") {
  ::setenv("ABGATE_TEST_KEY", "s3cret", 1);
  ::unsetenv("ABGATE_TEST_UNSET");
  const std::string text = edited("  label: FP16\n",
                                  "  label: FP16\n  api_key: ${ABGATE_TEST_KEY}\n  headers: "
                                  "{X-Api-Key: \"k ${ABGATE_TEST_KEY}\", X-Team: infra}\n");
  const std::vector<std::string> no_suites{
      "workload={kind: synthetic, input_tokens: 8, output_tokens: 8}", "quality=null",
      "criteria=[{id: e, metric: errors, op: \"==\", value: 0}]"};
  const Scenario run = parse_scenario(text, "s.yaml", no_suites, Secrets::require);
  REQUIRE(run.baseline.api_key == "s3cret");
  REQUIRE(run.baseline.headers[0].second == "k s3cret");
  REQUIRE(run.source_text.find("s3cret") == std::string::npos);
  const Scenario judged = parse_scenario(text, "s.yaml", no_suites, Secrets::leave_as_written);
  REQUIRE(judged.baseline.api_key == "${ABGATE_TEST_KEY}");
  ::setenv("ABGATE_TEST_LINES", "s3cret\nX-Evil: 1", 1);
  auto lines = no_suites;
  lines.emplace_back("candidate.api_key=${ABGATE_TEST_LINES}");
  const std::string said = refusal(text, lines, Secrets::require);
  REQUIRE_THAT(said, ContainsSubstring("a line end or control byte (not shown)"));
  REQUIRE(said.find("s3cret") == std::string::npos);
  auto unset = no_suites;
  unset.emplace_back("candidate.api_key=${ABGATE_TEST_UNSET}");
  REQUIRE(refusal(text, unset, Secrets::require) ==
          "--set candidate.api_key: saw ${ABGATE_TEST_UNSET}, which is not set in the environment, "
          "want the variable "
          "ABGATE_TEST_UNSET set");
  unset.back() = "candidate.url=http://${ABGATE_TEST_UNSET}:8000";
  REQUIRE_THAT(refusal(text, unset, Secrets::require),
               ContainsSubstring("${ABGATE_TEST_UNSET}, which is not set"));
  REQUIRE(refusal(text, unset) == "accepted");
  unset.back() = "candidate.url=http://${ABGATE_TEST_KEY";
  REQUIRE_THAT(refusal(text, unset, Secrets::require), ContainsSubstring("${NAME} with a name"));
}

TEST_CASE("A credential written out is refused without being shown", "[config]") {
  for (const char* set :
       {"baseline.api_key=sk-hunter2", "baseline.headers.Authorization=Bearer sk-hunter2",
        "baseline.headers.X-Api-Key=sk-hunter2", "baseline.headers.Cookie=sk-hunter2",
        "baseline.url=http://sk-hunter2@host", "baseline.api_key=[sk-hunter2]"}) {
    const std::string said = refusal(kSample, {set});
    INFO(said);
    REQUIRE_THAT(said, ContainsSubstring("not shown"));
    REQUIRE(said.find("hunter2") == std::string::npos);
  }
  REQUIRE_THAT(refusal(kSample, {"baseline.headers={\"X Team\": a}"}),
               ContainsSubstring("the header name \"X Team\""));
  REQUIRE_THAT(refusal(kSample, {"baseline.headers={X-Team: \"a\\nb\"}"}),
               ContainsSubstring("a line end"));
}

TEST_CASE("Variables are refused where they would not be replaced, and left alone in prose",
          "[config]") {
  REQUIRE_THAT(refusal(kSample, {"baseline.model=${MODEL}"}),
               ContainsSubstring("${MODEL} is only replaced in URLs, keys"));
  REQUIRE(sample({"report.rollback=run ${HOME}/restore"}).report.rollback == "run ${HOME}/restore");
  REQUIRE(sample({"sampling.stop=[\"${x}\"]"}).sampling.stop.at(0) == "${x}");
}

TEST_CASE("Variables are replaced wherever they stand, escapes and odd dollars are not",
          "[config]") {
  ::setenv("ABGATE_TEST_A", "1", 1);
  ::setenv("ABGATE_TEST_EMPTY", "", 1);
  REQUIRE(expand("a${ABGATE_TEST_A}b${ABGATE_TEST_A}").text == "a1b1");
  REQUIRE(expand("$ABGATE_TEST_A $5 $").text == "$ABGATE_TEST_A $5 $");
  REQUIRE(expand("$${ABGATE_TEST_A}").text == "${ABGATE_TEST_A}");
  REQUIRE(expand("${ABGATE_TEST_EMPTY}").unset == "ABGATE_TEST_EMPTY");
  for (const char* bad : {"${", "${}", "${a b}", "${1A}", "x${A-B}"})
    REQUIRE(expand(bad).malformed);
  REQUIRE(first_variable("a ${B}") == "B");
  REQUIRE_FALSE(first_variable("$${B} $B ${}"));
}

TEST_CASE("The nearest word is suggested only when it is near", "[config]") {
  const std::vector<std::string> words{"concurrency", "requests", "rate", "id"};
  REQUIRE(nearest("concurency", words) == "concurrency");
  REQUIRE(nearest("Concurrency", words) == "concurrency");
  REQUIRE(nearest("conc", words) == "concurrency");
  REQUIRE(nearest("reqeusts", words) == "requests");
  REQUIRE(nearest("xyzzy", words).empty());
  REQUIRE(nearest("", words).empty());
  REQUIRE(nearest(std::string(100'000, 'a'), words).empty());
  REQUIRE(did_you_mean("rat", words) == " (did you mean \"rate\"?)");
  REQUIRE(one_of({"a", "b", "c"}) == "a, b or c");
}
