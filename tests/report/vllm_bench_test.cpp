#include "report/vllm_bench.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "sample.hpp"

using namespace abgate;
using namespace abgate::report;
using namespace abgate::test;

namespace {
/// `tokens` events, the first after `ttft_ms`, then one every `gap_ms`.
RequestRecord request(int start_s, int ttft_ms, int gap_ms, int tokens) {
  RequestRecord r;
  r.stream.due = r.stream.started = TimePoint{std::chrono::seconds(start_s)};
  for (int i = 0; i < tokens; ++i)
    r.stream.events.push_back({std::chrono::milliseconds(ttft_ms + i * gap_ms),
                               static_cast<std::uint32_t>(i + 1), false});
  r.stream.closed = std::chrono::milliseconds(ttft_ms + (tokens - 1) * gap_ms);
  r.outcome = Completed{"length"};
  r.usage = Usage{100, tokens, std::nullopt};
  return r;
}

CellRecord cell() {
  CellRecord c;
  c.point = c.load.id = "c8";
  c.measured_begin = TimePoint{std::chrono::seconds(10)};
  c.requests = {request(10, 500, 40, 11), request(10, 700, 50, 11), request(10, 1500, 60, 11)};
  RequestRecord warm = request(5, 9000, 900, 11);
  warm.planned.phase = Phase::warmup;
  RequestRecord failed = request(10, 1, 1, 2);
  failed.outcome = HttpError{500, "x", "y"};
  RequestRecord unsent;
  c.requests.insert(c.requests.end(), {warm, failed, unsent});
  return c;
}
}  // namespace

TEST_CASE("a result file has vLLM's keys and vLLM's numbers") {
  const Sample s = go_sample();
  VllmBench bench(s.manifest, s.scenario);
  bench.add(cell());
  const auto files = bench.files();
  REQUIRE(files.size() == 1);
  REQUIRE(files[0].path == "vllm-bench/c8-baseline.json");
  const auto j = nlohmann::json::parse(files[0].bytes);
  for (const char* key : {"date",
                          "endpoint_type",
                          "backend",
                          "label",
                          "model_id",
                          "tokenizer_id",
                          "num_prompts",
                          "request_rate",
                          "burstiness",
                          "max_concurrency",
                          "duration",
                          "completed",
                          "failed",
                          "total_input_tokens",
                          "total_output_tokens",
                          "request_throughput",
                          "request_goodput",
                          "output_throughput",
                          "total_token_throughput",
                          "mean_ttft_ms",
                          "median_ttft_ms",
                          "std_ttft_ms",
                          "p99_ttft_ms",
                          "mean_tpot_ms",
                          "p99_tpot_ms",
                          "mean_itl_ms",
                          "p99_itl_ms",
                          "mean_e2el_ms",
                          "p99_e2el_ms",
                          "input_lens",
                          "output_lens"}) {
    INFO(key);
    REQUIRE(j.contains(key));
  }
  REQUIRE(j["date"] == "20260131-021700");
  REQUIRE(j["request_rate"] == "inf");
  REQUIRE(j["num_prompts"] == 4);  // warm-up and unsent requests do not count
  REQUIRE(j["completed"] == 3);
  REQUIRE(j["failed"] == 1);
  REQUIRE(j["duration"].get<double>() == Approx(2.1));  // last answer: 1500 + 10·60 ms
  REQUIRE(j["mean_ttft_ms"].get<double>() == Approx(900));
  REQUIRE(j["median_ttft_ms"].get<double>() == Approx(700));
  REQUIRE(j["std_ttft_ms"].get<double>() == Approx(432.0494).epsilon(1e-4));
  REQUIRE(j["p99_ttft_ms"].get<double>() == Approx(1484));
  REQUIRE(j["mean_tpot_ms"].get<double>() == Approx(50));
  REQUIRE(j["mean_itl_ms"].get<double>() == Approx(50));
  REQUIRE(j["mean_e2el_ms"].get<double>() == Approx(1400));
  REQUIRE(j["output_throughput"].get<double>() == Approx(33 / 2.1));
  REQUIRE(j["total_token_throughput"].get<double>() == Approx(333 / 2.1));
  REQUIRE(j["request_goodput"].get<double>() == Approx(2 / 2.1));  // TTFT within 1 s: two of them
}

TEST_CASE("blocks of a point and arm are one result, other kinds of cells none") {
  const Sample s = go_sample();
  VllmBench bench(s.manifest, s.scenario);
  CellRecord c = cell();
  bench.add(c);
  c.block = 1;
  bench.add(c);
  c.arm = Arm::candidate;
  bench.add(c);
  c.kind = CellKind::quality;
  bench.add(c);
  const auto files = bench.files();
  REQUIRE(files.size() == 2);
  REQUIRE(nlohmann::json::parse(files[0].bytes)["completed"] == 6);
  REQUIRE(nlohmann::json::parse(files[1].bytes)["label"] == "AWQ");
}

TEST_CASE("a point where everything failed still has a result") {
  const Sample s = go_sample();
  VllmBench bench(s.manifest, s.scenario);
  CellRecord c = cell();
  for (RequestRecord& r : c.requests) r.outcome = TimedOut{Stage::first_token};
  bench.add(c);
  const auto j = nlohmann::json::parse(bench.files().at(0).bytes);
  REQUIRE(j["completed"] == 0);
  REQUIRE(j["mean_ttft_ms"] == 0);
}
