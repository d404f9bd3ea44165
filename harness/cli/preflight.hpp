#pragma once
// Asks both servers before any load: reachable, right key, right model, same tokens, room for the
// longest prompt. What is wrong ends the run here, with one line and the next step.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/arm.hpp"
#include "core/manifest.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "core/telemetry.hpp"

namespace abgate::cli {

/// An HTTP answer as far as preflight needs it.
struct Answer {
  int status = 0;
  std::string content_type;
  std::string body;
  std::string address;  ///< the peer's, as resolved
};

/// Asks `arm`'s server. Throws Error(unavailable) where no answer comes (DNS, refused, TLS,
/// timeout).
using Ask = std::function<Answer(const ArmConfig& arm, std::string_view method,
                                 const std::string& url, const std::string& body)>;

/// Hears what a long question is at, one line a time.
using Say = std::function<void(const std::string& line)>;

struct Preflight {
  std::vector<ServerFacts> facts;   ///< one per arm asked
  std::vector<std::string> models;  ///< the model names to send, by index_of(arm)
  std::vector<std::string> notes;   ///< differences that do not stop the run
  std::optional<LogprobFacts> logprobs;  ///< of the quality pass; absent: there is none
};

/// Asks the servers of `arms`. Throws Error(unavailable): no answer, refused key, no such model,
/// not an OpenAI-style server, a one-token request fails; Error(bad_scenario): a prompt does not
/// fit the model's context, or the model does not know the FIM template's tokens.
Preflight preflight(const Scenario& scenario, const Plan& plan, const std::vector<Arm>& arms,
                    const Ask& ask, const Say& say = {});

/// The scenario with what is asked of every arm after all: log-probabilities as far as all give
/// them.
Scenario as_granted(Scenario scenario, const Preflight& checked);

/// Asks the servers of `before` the same questions again, after the load; sends no completion and
/// refuses nothing. An arm that gives no usable answer is left out, with a line in `notes`.
std::vector<ServerFacts> ask_again(const Scenario& scenario, const Plan& plan,
                                   const std::vector<ServerFacts>& before, const Ask& ask,
                                   std::vector<std::string>& notes);

/// The base URL with "/v1" cut off: where /metrics, /tokenize and /version lie.
std::string server_root(const std::string& url);
/// URL of an API path: "http://a:8000" or "http://a:8000/v1" and "/completions" give
/// "http://a:8000/v1/completions".
std::string api_url(const std::string& url, std::string_view path);

}  // namespace abgate::cli
