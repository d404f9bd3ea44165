#include "vllmsim/options.hpp"

#include <CLI/CLI.hpp>
#include <sstream>

namespace abgate::sim {

namespace {

constexpr const char* kExamples = R"(Examples:
  vllmsim --profile scenarios/sim/rtxpro6000-fp16.yaml --port 8001
  vllmsim --profile scenarios/sim/rtxpro6000-awq-marlin.yaml --port 0 --port-file port --gpu-memory-utilization 0.55
  vllmsim --profile scenarios/sim/rtxpro6000-awq.yaml --answers prompts/demo.jsonl --quality 0.9 --seed 2
  vllmsim --profile scenarios/sim/null.yaml --faults http500=0.01,stall_mid=0.005:5s --truth truth.jsonl

Faults (comma list; equal seed and request id give equal faults):
  http500=P  unauthorized=P  html=P  empty=P  truncate=P  error_event=P  garbage=P  reset=P
  slow_headers=P:DELAY  stall_first=P:DELAY  stall_mid=P:DELAY       at most one of all these a request
  split_utf8=P  no_usage=P  merge=P (per token)  engine_death=after:N  redeploy=after:N

Besides the API of vLLM it serves /dcgm/metrics, the simulated card as a DCGM exporter shows it.
Exit codes: 0 stopped by signal or --exit-after, 1 planted engine death, 64 usage, 65 bad suite,
69 port or file not usable, 78 bad profile.)";

}  // namespace

std::variant<Options, Leave> parse_options(int argc, const char* const* argv) {
  Options options;
  double exit_after = 0;
  CLI::App app(
      "A simulated vLLM 0.11.2 server: the wire, the scheduler and the step times, without a GPU",
      "vllmsim");
  app.footer(kExamples);
  app.add_option("--profile", options.profile, "What to simulate: a YAML file, see scenarios/sim")
      ->required();
  app.add_option("--host", options.host, "Address to listen on")->capture_default_str();
  app.add_option("--port", options.port, "Port; 0 takes any free one")->capture_default_str();
  app.add_option("--port-file", options.port_file, "Write the port here once it is open");
  app.add_option("--seed", options.seed, "Seed of this instance")->capture_default_str();
  app.add_option("--answers", options.answers,
                 "Prompt suite (JSONL) whose prompts it can complete");
  app.add_option("--quality", options.quality,
                 "Probability of a correct answer, for every category")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--quality-rho", options.quality_rho, "Correlation of two instances on one item")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--faults", options.faults, "Planted faults, see below");
  app.add_option("--truth", options.truth,
                 "Write what really happened here, one JSON line per request");
  app.add_option("--api-key", options.api_key, "Require this bearer key on /v1")
      ->envname("VLLM_API_KEY");
  app.add_option("--model", options.model, "Served model name, instead of the profile's");
  app.add_option("--gpu-memory-utilization", options.gpu_memory_utilization, "As vLLM's flag")
      ->check(CLI::Range(0.01, 1.0));
  app.add_option("--max-model-len", options.max_model_len, "As vLLM's flag")
      ->check(CLI::Range(16, 4'000'000));
  auto* cert =
      app.add_option("--tls-cert", options.tls_cert, "Certificate chain (PEM): serve HTTPS");
  auto* key = app.add_option("--tls-key", options.tls_key, "Its private key (PEM)");
  cert->needs(key);
  key->needs(cert);
  app.add_option("--exit-after", exit_after, "Stop after so many seconds")
      ->check(CLI::PositiveNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Leave{app.help(), 0};
  } catch (const CLI::ParseError& error) {
    return Leave{"vllmsim: " + std::string(error.what()) + " (see vllmsim --help)\n",
                 static_cast<int>(ExitCode::usage)};
  }
  options.exit_after = from_seconds(exit_after);
  return options;
}

}  // namespace abgate::sim
