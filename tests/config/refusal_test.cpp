// Every refusal is one line with place, key, what was seen and what is wanted.

#include "catch.hpp"
#include "config/sample.hpp"

using namespace abgate;
using namespace abgate::config;

namespace {
struct Case {
  const char* set;
  const char* said;  ///< part of the message
};

void require_refusals(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const std::string said = refusal(kSample, {c.set});
    INFO(c.set << "\n" << said);
    CHECK(said.rfind(std::string("--set ") +
                         std::string(c.set).substr(0, std::string(c.set).find('=')) + ": ",
                     0) == 0);
    CHECK_THAT(said, ContainsSubstring(c.said));
    CHECK(said.find('\n') == std::string::npos);
  }
}
}  // namespace

TEST_CASE("A mistake in the file is named with line, column and key", "[config]") {
  REQUIRE(refusal(kSample) == "accepted");
  REQUIRE(refusal(edited("blocks: 6", "blocks: six")) ==
          "s.yaml:2:9: blocks: saw six, want a whole number from 1 to 1000");
  REQUIRE(refusal(edited("requests: 50", "requets: 50")) ==
          "s.yaml:14:30: points.0.requets: saw an unknown key, want a known one (did you mean "
          "\"requests\"?)");
  REQUIRE(refusal(edited("stat: p95", "stat: p955")) ==
          "s.yaml:20:36: criteria.0.stat: saw p955, want mean, p50, p90, p95, p99, max or sum (did "
          "you mean \"p95\"?)");
  REQUIRE_THAT(refusal(edited("name: sample\n", "")),
               ContainsSubstring("s.yaml:1:1: name: saw nothing, want a text"));
  REQUIRE_THAT(refusal(edited("id: c8", "id: r4")),
               ContainsSubstring("s.yaml:15:10: points.1.id: saw r4 a second time"));
}

TEST_CASE("Values of a wrong type or range are refused", "[config]") {
  require_refusals({{"blocks=0", "want a whole number from 1 to 1000"},
                    {"blocks=6.5", "saw 6.5"},
                    {"blocks=\"6\"", "saw the text \"6\" in quotes"},
                    {"blocks=[6]", "saw a list"},
                    {"blocks=99999999999999999999", "want a whole number"},
                    {"baseline=http://h", "saw http://h, want a map"},
                    {"points={}", "saw a map, want a list of maps"},
                    {"points=[]", "want at least one load point"},
                    {"points.0=c8", "want a map"},
                    {"timeouts.idle=10", "saw 10 without a unit, want a duration"},
                    {"timeouts.idle=0s", "above 0"},
                    {"timeouts.idle=-1s", "above 0"},
                    {"timeouts.idle=10 GB", "units: s, ms"},
                    {"timeouts.idle=1000d", "at most 30 days"},
                    {"timeouts.first_token=20m", "at most timeouts.total, 10m"},
                    {"points.r4.rate=4", "saw 4 without a unit, want a rate"},
                    {"points.r4.rate=0/s", "above 0"},
                    {"sampling.temperature=3", "from 0 to 2"},
                    {"sampling.temperature=nan", "saw nan, want a number"},
                    {"sampling.top_p=0", "want a number above 0"},
                    {"sampling.top_k=0", "-1 (off)"},
                    {"sampling.max_tokens=0", "from 1 to"},
                    {"sampling.min_tokens=1000", "at most max_tokens, 128"},
                    {"sampling.ignore_eos=yes", "want true or false"},
                    {"sampling.stop=text", "want a list of texts"},
                    {"sampling.stop=[[a]]", "saw a list, want a text"},
                    {"validity.max_client_cpu=120 %", "from 0 to 1"},
                    {"quality.repeats=0", "from 1 to 1000"},
                    {"report.formats=[pdf]", "junit, prom or vllm-bench"},
                    {"seeds.base=-1", "at least 0"},
                    {"name=a/b", "want an id of 1 to 64 letters"},
                    {"name=", "saw an empty text"},
                    {"mode=swaped", "did you mean \"swapped\""},
                    {"api=chta", "did you mean \"chat\""}});
}

TEST_CASE("An unknown key is refused wherever it is, with the nearest known one", "[config]") {
  require_refusals({{"blok=3", "did you mean \"blocks\""},
                    {"baseline.modle=x", "did you mean \"model\""},
                    {"baseline.gpu.intervall=1s", "did you mean \"interval\""},
                    {"candidate.deployment.gpu-memory-utilization=0.9",
                     "did you mean \"gpu_memory_utilization\""},
                    {"criteria.ttft.tresholds=1", "want id, title, level"},
                    {"points.c8.conc=4", "did you mean \"concurrency\""},
                    {"xyzzy=1", "want name, description, mode"}});
}

TEST_CASE("Load points that contradict themselves are refused", "[config]") {
  require_refusals({{"points.c8.rate=4/s", "no rate in a closed loop"},
                    {"points.c8.concurrency=0", "at least 1 stream"},
                    {"points.c8.burstiness=2", "only with arrival: gamma"},
                    {"points.c8.id=quality", "names the quality pass"}});
  REQUIRE_THAT(refusal(edited("concurrency: 8, ", "")),
               ContainsSubstring("points.0.concurrency: saw nothing, want the streams"));
  REQUIRE_THAT(refusal(edited("rate: 4/s, ", "")),
               ContainsSubstring("points.1.rate: saw nothing, want the rate of an open loop"));
  REQUIRE_THAT(refusal(edited(", duration: 1m", "")),
               ContainsSubstring("points.1.requests: saw nothing, want requests: or duration:"));
}

TEST_CASE("Arms that cannot be told apart, reached or restarted are refused", "[config]") {
  require_refusals({{"candidate.label=FP16", "saw FP16 for both arms"},
                    {"candidate.url=127.0.0.1:8001", "http:// or https:// in front"},
                    {"candidate.url=ftp://h", "want http:// or https://"},
                    {"candidate.url=http://", "a URL with a host"},
                    {"candidate.url=http://:80", "a URL with a host"},
                    {"candidate.url=http://h/x?y=1", "without spaces, ? and #"},
                    {"candidate.url=http://user:secret@h", "credentials (not shown)"},
                    {"candidate.metrics_url=metrics", "http:// or https:// in front"},
                    {"candidate.start_command=run", "start_command with mode: concurrent"},
                    {"candidate.gpu.url=localhost", "http:// or https:// in front"},
                    {"candidate.gpu.source=nvidia_smi", "did you mean \"nvidia-smi\""}});
  REQUIRE_THAT(refusal(kSample, {"mode=swapped"}),
               ContainsSubstring("baseline.start_command: saw nothing, want a command"));
  REQUIRE_THAT(refusal(edited(", url: \"http://127.0.0.1:9400/metrics\"", "")),
               ContainsSubstring("candidate.gpu.url: saw nothing"));
  REQUIRE_THAT(
      refusal(kSample, {"baseline.gpu.interval=10s"}),
      ContainsSubstring("baseline.gpu.max_gap: saw 5s, want at least the interval of 10s"));
  REQUIRE_THAT(refusal(kSample, {"baseline.tls={insecure: true, ca_file: a.pem}"}),
               ContainsSubstring("true beside ca_file"));
  REQUIRE(refusal(kSample, {"mode=swapped", "baseline.start_command=a", "baseline.stop_command=b",
                            "candidate.start_command=c", "candidate.stop_command=d"}) ==
          "accepted");
}

TEST_CASE("Synthetic workloads and suites exclude each other", "[config]") {
  require_refusals({{"workload.input_tokens=5", "only with kind: synthetic"}});
  REQUIRE_THAT(refusal(kSample, {"workload.kind=synthetic"}),
               ContainsSubstring("workload.suite: saw suite.jsonl, want only with kind: suite"));
  REQUIRE_THAT(refusal(kSample, {"workload={kind: synthetic, output_tokens: 1}"}),
               ContainsSubstring("workload.input_tokens: saw nothing"));
  REQUIRE_THAT(refusal(kSample, {"workload={kind: suite}"}),
               ContainsSubstring("workload.suite: saw nothing"));
  for (const char* bad :
       {"{kind: uniform, mean: 5}", "{kind: lognormal, mean: 5}", "{kind: fixed, mean: 5, sd: 1}",
        "{kind: uniform, min: 9, max: 3, mean: 5}", "{mean: 0}",
        "{kind: uniform, min: 5, max: 9, mean: 20}", "0", "many"}) {
    INFO(bad);
    REQUIRE(refusal(kSample,
                    {std::string("workload={kind: synthetic, output_tokens: 1, input_tokens: ") +
                     bad + "}"}) != "accepted");
  }
}

TEST_CASE("Body fields that abgate sets itself cannot be sent twice", "[config]") {
  for (const char* field :
       {"model", "prompt", "messages", "stream", "temperature", "max_tokens", "seed", "n"}) {
    REQUIRE_THAT(refusal(kSample, {std::string("sampling.extra={") + field + ": 1}"}),
                 ContainsSubstring("abgate sets itself"));
  }
}

TEST_CASE("Overrides that do not apply say so", "[config]") {
  require_refusals({{"nope", "saw no ="},
                    {"a..b=1", "an empty step"},
                    {"=1", "an empty step"},
                    {"points.9.id=x",
                     "\"9\" as a position in a list of 2, want 0 to 2 or one of its ids: c8, r4"},
                    {"points.c9.requests=1", "one of its ids: c8, r4"},
                    {"blocks.x=1", "\"x\" below 6"},
                    {"points=[", "a bracket never closed"}});
  REQUIRE_THAT(refusal(kSample, {"name=\xff"}), ContainsSubstring("not UTF-8"));
}

TEST_CASE("An extension needs both servers up", "[config]") {
  REQUIRE(refusal(kSample, {"extension=true"}) == "accepted");
  for (const char* mode : {"mode=interleaved", "mode=concurrent"})
    REQUIRE(refusal(kSample, {"extension=true", mode}) == "accepted");
  REQUIRE_THAT(
      refusal(kSample, {"extension=true", "mode=recorded"}),
      ContainsSubstring("extension: saw true with mode: recorded, want mode: concurrent or "
                        "interleaved (an extension follows the first look while both "
                        "servers are up), or false"));
  REQUIRE_THAT(refusal(kSample, {"extension=true", "mode=swapped", "baseline.start_command=a",
                                 "baseline.stop_command=b", "candidate.start_command=c",
                                 "candidate.stop_command=d"}),
               ContainsSubstring("extension: saw true with mode: swapped"));
  REQUIRE_THAT(refusal(kSample, {"extension=2"}), ContainsSubstring("extension: saw 2"));
}
