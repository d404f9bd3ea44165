#pragma once
// Asks both servers before any load: reachable, right key, right model, same tokens, room for the
// longest prompt. What is wrong ends the run here, with one line and the next step.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/arm.hpp"
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

struct Preflight {
  std::vector<ServerFacts> facts;   ///< one per arm asked
  std::vector<std::string> models;  ///< the model names to send, by index_of(arm)
  std::vector<std::string> notes;   ///< differences that do not stop the run
};

/// Asks the servers of `arms`. Throws Error(unavailable): no answer, refused key, no such model,
/// not an OpenAI-style server, a one-token request fails; Error(bad_scenario): a prompt does not
/// fit the model's context.
Preflight preflight(const Scenario& scenario, const Plan& plan, const std::vector<Arm>& arms,
                    const Ask& ask);

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
