#pragma once
// A server's counters out of its /metrics, whatever engine and version it is.

#include "core/telemetry.hpp"
#include "observe/prometheus.hpp"

namespace abgate::observe {

/// Reads vLLM's names (0.9 to 0.12 and newer), else SGLang's and llama.cpp's. Absent figures stay
/// absent. `at`, `arm` and `label` are left to the caller.
ServerSample read_server_sample(const MetricsText& text);

}  // namespace abgate::observe
