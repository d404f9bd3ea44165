#pragma once
// What a server says of itself: version, model, limits.

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/scenario.hpp"
#include "core/telemetry.hpp"
#include "observe/fetch.hpp"

namespace abgate::observe {

struct VersionInfo {
  std::string version;
  bool simulated = false;
};

struct ModelCard {
  std::string id;
  std::string root;
  std::optional<std::int64_t> max_model_len;
};

/// Body of GET /version. All parsers here throw DataError for a body that is something else.
VersionInfo parse_version(std::string_view body, const std::string& source);

/// Body of GET /v1/models, in its order.
std::vector<ModelCard> parse_models(std::string_view body, const std::string& source);

/// Body of GET /server_info (a vLLM started with VLLM_SERVER_DEV_MODE=1): name to value of the
/// engine's configuration, e.g. "quantization" -> "awq_marlin". Empty if there is none in it.
std::map<std::string, std::string> parse_server_info(std::string_view body,
                                                     const std::string& source);

/// Body of POST /tokenize: the token ids.
std::vector<std::int64_t> parse_tokenize(std::string_view body, const std::string& source);

/// Asks one server. Never throws: what could not be had stays empty, and `problems` gets a line for
/// each thing that a comparison needs (the model list, the model asked for).
ServerFacts read_facts(Arm arm, const ArmConfig& config, Fetcher& fetcher,
                       std::vector<std::string>& problems, std::stop_token stop = {});

/// Fills in `token_ids_hash` and `prompt_tokens_mean` from POST /tokenize of every prompt, in order. Both
/// stay absent if the server cannot tokenise, or fails for any prompt. Never throws.
void read_token_facts(ServerFacts& facts, const ArmConfig& config, const std::vector<std::string>& prompts,
                      Fetcher& fetcher, std::stop_token stop = {});

}  // namespace abgate::observe
