#pragma once
// The JSON body of a request. Every sampling parameter is sent explicitly, because servers take
// unset ones from the model's generation_config.json.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/arm.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"

namespace abgate::load {

/// Builds bodies for /v1/completions or /v1/chat/completions (Scenario::api). What all requests
/// share is rendered once. `run_nonce` sets the salts of one run apart from those of every other
/// run of the same plan, which would else find its prompts in the servers' prefix caches.
/// Immutable: safe to share between threads.
class BodyBuilder {
 public:
  /// Throws ScenarioError if Sampling::extra_json is no JSON object or names a field that the plan
  /// decides (model, prompt, messages, stream, max_tokens, ignore_eos, seed, stop, cache_salt).
  explicit BodyBuilder(const Scenario& scenario, std::uint64_t run_nonce = 0);

  /// Equal for baseline and candidate but for the model. Under cache policy `cold` the control's
  /// salt differs from the baseline's: they drive the same server.
  std::string body(const PlannedPrompt& prompt, const PlannedRequest& request,
                   std::string_view model, Arm arm) const;

 private:
  std::uint64_t salt(const PlannedRequest& request, Arm arm) const;

  Api api_;
  SaltBy salt_by_;
  ExactBy exact_by_;
  Sampling sampling_;
  std::uint64_t warm_salt_;
  std::uint64_t nonce_;
  std::string logprobs_;  ///< of requests that ask for log-probabilities
  std::string shared_;  ///< `,"temperature":…,…}`: what follows the fields of the request
};

/// One body, for callers with few of them.
std::string make_body(const Scenario& scenario, const PlannedPrompt& prompt,
                      const PlannedRequest& request, std::string_view model,
                      Arm arm = Arm::baseline);

}  // namespace abgate::load
