// What a valid file becomes.

#include "catch.hpp"
#include "config/sample.hpp"
#include "core/rng.hpp"

using namespace abgate;
using namespace abgate::config;
using namespace std::chrono_literals;

TEST_CASE("What a file leaves out has the default of the core's own types", "[config]") {
  const Scenario s = sample();
  const Scenario plain;
  REQUIRE(s.name == "sample");
  REQUIRE((s.mode == plain.mode && s.api == plain.api && s.aa_blocks == plain.aa_blocks));
  REQUIRE(
      (s.timeouts.connect == plain.timeouts.connect && s.timeouts.total == plain.timeouts.total));
  REQUIRE((s.sampling.temperature == 0 && s.sampling.seed == 0 &&
           s.sampling.max_tokens == plain.sampling.max_tokens));
  REQUIRE((s.workload.cache == CachePolicy::cold && s.workload.salt_by == SaltBy::cache_salt));
  REQUIRE((s.quality.concurrency == plain.quality.concurrency &&
           s.quality.fim_template == "qwen2.5-coder"));
  REQUIRE((s.validity.min_blocks == plain.validity.min_blocks &&
           s.report.formats == plain.report.formats));
  REQUIRE((s.points[0].warmup_requests == 8 && s.points[0].arrival == Arrival::closed));
  REQUIRE(s.source_text == kSample);
  REQUIRE(s.path == "s.yaml");
}

TEST_CASE("Arms, points and criteria are read with their units", "[config]") {
  const Scenario s = sample(
      {"candidate.deployment={gpu_total: 97887 MiB, weights: 18 GiB, kv_per_token: 256 KiB, "
       "gpu_memory_utilization: 55 %, other: {driver: 580.1}}",
       "points.r4.rate=120 /min", "criteria.ttft.value=250 ms", "criteria.memory.value=55.9 GiB"});
  REQUIRE((s.baseline.gpu.kind == GpuSource::Kind::nvidia_smi &&
           s.baseline.gpu.command == "nvidia-smi"));
  REQUIRE((s.candidate.gpu.kind == GpuSource::Kind::dcgm &&
           s.candidate.gpu.url == "http://127.0.0.1:9400/metrics"));
  REQUIRE(*s.candidate.facts.gpu_total_gb == Approx(97887 * 1048576.0 / 1e9));
  REQUIRE(*s.candidate.facts.weights_gb == Approx(18 * 1073741824.0 / 1e9));
  REQUIRE(s.candidate.facts.kv_bytes_per_token == 262144.0);
  REQUIRE(*s.candidate.facts.gpu_memory_utilization == Approx(0.55));
  REQUIRE(s.candidate.facts.other.at("driver") == "580.1");
  REQUIRE((s.points[1].arrival == Arrival::poisson && s.points[1].rate == 2 &&
           s.points[1].duration == 60s));
  REQUIRE(s.points[1].concurrency == 0);
  REQUIRE((s.criteria[0].value == 0.25 && s.criteria[0].unit == "s"));
  REQUIRE((s.criteria[1].value == 2 && s.criteria[1].unit.empty()));
  REQUIRE(s.criteria[3].value == Approx(55.9 * 1.073741824));
  REQUIRE(s.criteria[3].unit == "GB");
  REQUIRE(s.criteria[0].line == 20);
  REQUIRE(s.criteria[0].title == "ttft");
}

TEST_CASE("A criterion without a statistic gets its metric's own", "[config]") {
  const Scenario s = sample();
  REQUIRE(s.criteria[1].stat == "mean");
  REQUIRE(s.criteria[3].stat == "max");
  REQUIRE(s.criteria[4].stat == "sum");
}

TEST_CASE("Value and unit may stand apart, shares may be percentages, operators may be signs",
          "[config]") {
  const Scenario s =
      sample({"criteria.ttft.value=1000", "criteria.ttft.unit=ms", "criteria.quality.value=95 %",
              "criteria.speedup.value=2x", "criteria.speedup.op=≥"});
  REQUIRE(s.criteria[0].value == 1);
  REQUIRE(s.criteria[2].value == Approx(0.95));
  REQUIRE((s.criteria[1].value == 2 && s.criteria[1].op == Op::ge));
}

TEST_CASE("Seeds that are not set derive from the base, each on its own", "[config]") {
  const Scenario a = sample({"seeds.base=7"});
  REQUIRE(a.seeds.prompts == derive_seed(7, "prompts"));
  REQUIRE(a.seeds.schedule == derive_seed(7, "schedule"));
  REQUIRE(a.seeds.prompts != a.seeds.schedule);
  const Scenario b = sample({"seeds.base=7", "seeds.blocks=3"});
  REQUIRE((b.seeds.blocks == 3 && b.seeds.bootstrap == a.seeds.bootstrap));
}

TEST_CASE("Null leaves a key out, but for the sampling seed, where it means not sent", "[config]") {
  REQUIRE(sample({"sampling.seed=null"}).sampling.seed == std::nullopt);
  REQUIRE(sample({"sampling.seed=5"}).sampling.seed == 5);
  REQUIRE(sample({"blocks=null"}).blocks == Scenario().blocks);
  REQUIRE(refusal(edited("sample", "null")) == "s.yaml:1:7: name: saw nothing, want a text");
}

TEST_CASE("Further body fields are kept as JSON with their types", "[config]") {
  const Scenario s =
      sample({"sampling.extra={truncate_prompt_tokens: 8, guided: {choice: [\"1\", b]}, flag: "
              "true, none: null}"});
  REQUIRE(s.sampling.extra_json ==
          R"({"truncate_prompt_tokens":8,"guided":{"choice":["1","b"]},"flag":true,"none":null})");
}

TEST_CASE("Lengths are a number or a distribution", "[config]") {
  const Scenario s = sample(
      {"workload={kind: synthetic, input_tokens: {kind: lognormal, mean: 735, sd: 400, max: 8000}, "
       "output_tokens: 128, cache: off, salt_by: prompt_prefix}"});
  using Kind = LengthDistribution::Kind;
  REQUIRE((s.workload.input_tokens.kind == Kind::lognormal && s.workload.input_tokens.mean == 735 &&
           s.workload.input_tokens.sd == 400 && s.workload.input_tokens.max == 8000));
  REQUIRE((s.workload.output_tokens.kind == Kind::fixed && s.workload.output_tokens.mean == 128));
  REQUIRE((s.workload.cache == CachePolicy::off && s.workload.salt_by == SaltBy::prompt_prefix));
}

TEST_CASE("Anchors, aliases, comments, a byte order mark and Windows line ends are ordinary YAML",
          "[config]") {
  std::string text =
      edited("gpu: {source: nvidia-smi}", "gpu: &gpu {source: nvidia-smi, device: \"0\"} # here");
  text.replace(text.find("gpu: {source: dcgm"),
               text.find('\n', text.find("gpu: {source: dcgm")) - text.find("gpu: {source: dcgm"),
               "gpu: *gpu");
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.insert(at, "\r");
  const Scenario s = parse_scenario("\xEF\xBB\xBF" + text, "s.yaml", {}, Secrets::leave_as_written);
  REQUIRE(s.candidate.gpu.gpu == "0");
  REQUIRE(s.candidate.url == "http://127.0.0.1:8001/v1");
}

TEST_CASE("Overrides change the tree by key, position and id, and stay known", "[config]") {
  const std::vector<std::string> overrides{"points.c8.requests=60",
                                           "points.1.rate=9/s",
                                           "timeouts.idle=5s",
                                           "points.2={id: extra, concurrency: 1, requests: 9}",
                                           "report.title=a: b = c",
                                           "report.formats=[md, json]",
                                           "baseline.headers.X-Team=infra"};
  const Scenario s = sample(overrides);
  REQUIRE((s.points[0].requests == 60 && s.points[1].rate == 9 && s.points[2].id == "extra"));
  REQUIRE(s.timeouts.idle == 5s);
  REQUIRE(s.report.title == "a: b = c");
  REQUIRE(s.report.formats == std::vector<std::string>{"md", "json"});
  REQUIRE(s.baseline.headers ==
          std::vector<std::pair<std::string, std::string>>{{"X-Team", "infra"}});
  REQUIRE(s.overrides == overrides);
  REQUIRE(s.source_text == kSample);
}

TEST_CASE("The same text and overrides give the same scenario again", "[config]") {
  const Scenario a = sample({"blocks=8"});
  const Scenario b = parse_scenario(a.source_text, a.path, a.overrides, Secrets::leave_as_written);
  REQUIRE((b.blocks == 8 && b.criteria.size() == a.criteria.size() &&
           b.seeds.prompts == a.seeds.prompts));
}

TEST_CASE("Log-probabilities of answers: 20 unless said otherwise, 0 for none", "[config]") {
  REQUIRE(sample().quality.logprobs == 20);
  REQUIRE(sample({"quality.logprobs=0"}).quality.logprobs == 0);
  REQUIRE(sample({"quality.logprobs=5"}).quality.logprobs == 5);
  for (const char* wrong : {"21", "-1", "all", "1.5"}) {
    REQUIRE_THAT(refusal(kSample, {std::string("quality.logprobs=") + wrong}),
                 ContainsSubstring("quality.logprobs") && ContainsSubstring("from 0 to 20"));
  }
}
