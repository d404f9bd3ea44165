#pragma once
// Was the deployment that answered the last request the one that answered the first?

#include <string>
#include <vector>

#include "core/telemetry.hpp"

namespace abgate::observe {

/// What changed, one sentence each ("candidate: the engine's version 0.11.2 became 0.11.3"), in the
/// order of the arms. Compared are, per arm: model, its root and max_model_len (/v1/models),
/// version
/// (/version), token ids of the same prompts (/tokenize) of `before` and `after`; the labels of
/// vllm:cache_config_info over all scrapes; and per GPU over all samples its name, driver, total
/// memory, and whether it is there at all in the first and the last reading. Only what was read
/// both times is compared: silence is no change (see fingerprint_gaps).
std::vector<std::string> fingerprint_changes(const std::vector<ServerFacts>& before,
                                             const std::vector<ServerFacts>& after,
                                             const Telemetry& telemetry);

/// Arms of `before` that `after` does not have or that fell silent on something, one sentence each.
std::vector<std::string> fingerprint_gaps(const std::vector<ServerFacts>& before,
                                          const std::vector<ServerFacts>& after);

}  // namespace abgate::observe
