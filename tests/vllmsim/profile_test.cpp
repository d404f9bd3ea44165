#include "vllmsim/profile.hpp"

#include <filesystem>

#include "catch.hpp"
#include "core/error.hpp"
#include "source_dir.hpp"

using namespace abgate::sim;

namespace {
constexpr const char* kLeast = "name: a\nmodel: {id: m}\ngpu: {name: g}\n";

std::string refusal(const std::string& text) {
  try {
    (void)parse_profile(text, "p.yaml");
  } catch (const abgate::Error& error) {
    REQUIRE(error.code() == abgate::ExitCode::bad_scenario);
    return error.what();
  }
  FAIL("accepted: " << text);
  return {};
}
}  // namespace

TEST_CASE("every shipped profile loads, is named after its file and holds one full request") {
  std::size_t found = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(source_dir() + "/scenarios/sim")) {
    const Profile profile = load_profile(entry.path().string());
    INFO(entry.path());
    REQUIRE(profile.name == entry.path().stem());
    REQUIRE_NOTHROW(check_memory(profile));
    ++found;
  }
  REQUIRE(found == 19);
}

TEST_CASE("the least profile has defaults") {
  const Profile profile = parse_profile(kLeast, "p.yaml");
  REQUIRE(profile.model.root == "m");
  REQUIRE(profile.engine.block_size == 16);
  REQUIRE_FALSE(profile.fixed);
}

TEST_CASE("units of the file become units of the program") {
  const Profile profile = parse_profile(
      "name: a\nmodel: {id: m}\ngpu: {name: g, bandwidth_tb_s: 2, bf16_tflops: 300}\nfixed: "
      "{ttft_ms: 50, itl_ms: 2.5}\n",
      "p.yaml");
  REQUIRE(profile.gpu.bandwidth == Approx(2e12));
  REQUIRE(profile.gpu.flops == Approx(3e14));
  REQUIRE(profile.fixed->ttft == std::chrono::milliseconds(50));
  REQUIRE(profile.fixed->itl == std::chrono::microseconds(2500));
}

TEST_CASE("mistakes are refused with file, line, column, key, what was seen and what is wanted") {
  REQUIRE(refusal("name: a\nmodel: {id: m}\ngpu: {name: g}\nengine:\n  max_num_seqs: many\n") ==
          "p.yaml:5:17: engine.max_num_seqs: saw many, want a whole number from 1 to 1e+06");
  REQUIRE(refusal("name: a\nmodel: {id: m}\ngpu: {name: g}\nkernel:\n  kind: magic\n") ==
          "p.yaml:5:9: kernel.kind: saw magic, want one of dense, marlin, awq_compiled, awq_eager");
  REQUIRE_THAT(refusal("name: a\nmodel: {id: m}\ngpu: {name: g}\nhost: {jitter: 1}\n"),
               ContainsSubstring("p.yaml:4:8: host.jitter: saw jitter, want one of: api_ms"));
  REQUIRE_THAT(refusal("name: a\ngpu: {name: g}\n"),
               ContainsSubstring("model.id: saw nothing, want a text"));
  REQUIRE_THAT(refusal("name: a\nmodel: [1]\ngpu: {name: g}\n"),
               ContainsSubstring("p.yaml:2:8: model: saw a list, want a mapping"));
  REQUIRE_THAT(refusal("name: a\nmodel: {id: m}\ngpu: {name: g}\nquality: {accuracy: 1.5}\n"),
               ContainsSubstring("quality.accuracy: saw 1.5, want a number from 0 to 1"));
  REQUIRE_THAT(refusal("name: a\nmodel: {id: m, layers: 2.5}\ngpu: {name: g}\n"),
               ContainsSubstring("want a whole number"));
  REQUIRE_THAT(refusal("name: a\nmodel: {id: m}\ngpu: {name: g}\nserver: {dev_mode: perhaps}\n"),
               ContainsSubstring("server.dev_mode: saw perhaps, want true or false"));
  REQUIRE_THAT(refusal("name: a\nname: b\nmodel: {id: m}\ngpu: {name: g}\n"),
               ContainsSubstring("want each key once"));
}

TEST_CASE("what a server does with log-probabilities is read and checked") {
  const std::string least = "name: a\nmodel: {id: m}\ngpu: {name: g}\n";
  REQUIRE(parse_profile(least, "p").max_logprobs == 20);
  REQUIRE(parse_profile(least, "p").logprobs == LogprobsMode::serve);
  const Profile profile =
      parse_profile(least + "server: {max_logprobs: 5, logprobs: ignore}\n", "p");
  REQUIRE(profile.max_logprobs == 5);
  REQUIRE(profile.logprobs == LogprobsMode::ignore);
  REQUIRE_THAT(refusal(least + "server: {logprobs: never}\n"),
               ContainsSubstring("server.logprobs: saw never, want one of serve, ignore, refuse"));
}

TEST_CASE("per-category accuracies are read and checked") {
  const Profile profile = parse_profile(
      std::string(kLeast) + "quality: {accuracy: 0.5, by_category: {fim: 0.7, sql: 0}}\n", "p");
  REQUIRE(profile.quality.by_category.at("fim") == Approx(0.7));
  REQUIRE(profile.quality.by_category.at("sql") == Approx(0));
  REQUIRE_THAT(refusal(std::string(kLeast) + "quality: {by_category: {fim: 2}}\n"),
               ContainsSubstring("quality.by_category.fim"));
}

TEST_CASE("what is no profile at all gets one line") {
  const std::vector<std::string> texts{
      "", "[]", "just text", "{", "a: b: c", "\t- x", std::string("na\0me: x", 8)};
  for (const std::string& text : texts) {
    REQUIRE(refusal(text).find('\n') == std::string::npos);
  }
  REQUIRE_THROWS_WITH(load_profile("/nowhere/p.yaml"),
                      "/nowhere/p.yaml: saw no readable file, want a simulator profile (YAML)");
  REQUIRE_THROWS_AS(load_profile("/"), abgate::Error);
}
