#pragma once
// What an inference server's /metrics says, whichever server and version it is.

#include <string>
#include <vector>

#include "core/telemetry.hpp"
#include "observe/prometheus.hpp"

namespace abgate::observe {

/// Counters and gauges summed over engines; absent where the server has no such metric. Knows
/// vLLM's names old and new, SGLang's and llama.cpp's. `at`, `arm` and `label` are left to the
/// caller.
ServerSample read_server(const Exposition& metrics);

/// True if any metric of an inference server is there (vLLM hides them with --disable-log-stats).
bool has_server_metrics(const Exposition& metrics);

/// The family that read_server takes inter-token latency from, e.g.
/// "vllm:inter_token_latency_seconds"; empty if there is none. vLLM's old and new names hold the
/// same samples.
std::string itl_family(const Exposition& metrics);
std::string ttft_family(const Exposition& metrics);

}  // namespace abgate::observe
