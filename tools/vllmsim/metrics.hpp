#pragma once
// What /metrics tells: vLLM 0.11.2's families (vllm/v1/metrics/loggers.py), updated as vLLM does.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vllmsim/engine.hpp"
#include "vllmsim/profile.hpp"
#include "vllmsim/prometheus.hpp"

namespace abgate::sim {

/// Facts of a finished request; times in seconds.
struct FinishedRequest {
  Finish finish = Finish::stop;
  double prompt_tokens = 0;
  double generated_tokens = 0;
  std::optional<double> max_tokens;  ///< as the parameters hold it after defaults
  double e2e = 0;                    ///< arrival to last token
  double queue = 0, prefill = 0, decode = 0;
};

/// The numbers of the process itself.
struct ProcessFacts {
  double virtual_bytes = 0, resident_bytes = 0, start_time = 0, cpu_seconds = 0;
  double open_fds = 0, max_fds = 0;
};

class Metrics {
 public:
  /// `created`: unix time of the `_created` families.
  Metrics(const Profile& profile, double created);

  /// One engine step with output: sizes of prompts whose first token came, and tokens generated.
  void on_iteration(double prompt_tokens, double generated_tokens);
  void on_first_token(double ttft_seconds, double prompt_tokens);
  void on_inter_token(double seconds);
  void on_generated(double tokens) { generation_tokens_ += tokens; }
  /// Not for aborted requests: vLLM forgets those.
  void on_finished(const FinishedRequest& request);
  /// An HTTP exchange ended. `handler` is the route; sizes are content-length headers, 0 if absent.
  void on_http(std::string_view handler, std::string_view method, int status, double seconds,
               double request_bytes, double response_bytes);

  std::string render(const EngineState& engine, const ProcessFacts& process) const;

 private:
  struct Route {
    std::map<std::string, double> by_method_and_status;  ///< rendered labels -> count
    double request_bytes = 0, response_bytes = 0, count = 0;
  };
  struct HttpDuration {
    std::string handler, method;
    Histogram seconds;
  };

  void render_process(PrometheusText& out, const ProcessFacts& process) const;
  void render_gauges(PrometheusText& out, const EngineState& engine) const;
  void render_counters(PrometheusText& out, const EngineState& engine) const;
  void render_success(PrometheusText& out) const;
  void render_histograms(PrometheusText& out) const;
  void render_cache_config(PrometheusText& out) const;
  void render_http(PrometheusText& out) const;

  const Profile& profile_;
  double created_;
  std::string labels_;                ///< engine="0",model_name="…"
  std::string model_label_;           ///< model_name="…"
  std::vector<double> token_bounds_;  ///< 1-2-5 series up to max_model_len
  double prompt_tokens_ = 0, generation_tokens_ = 0;
  std::array<double, 3> success_{};  ///< stop, length, abort
  Histogram request_prompt_tokens_, request_generation_tokens_, iteration_tokens_;
  Histogram request_max_generation_, params_n_, params_max_tokens_;
  Histogram ttft_, inter_token_, request_tpot_;
  Histogram e2e_, queue_, inference_, prefill_, decode_;
  std::map<std::string, Route> routes_;
  Histogram http_highr_;
  std::vector<HttpDuration> http_durations_;
};

/// 1, 2, 5, 10, 20, 50, … up to `most`.
std::vector<double> one_two_five(double most);

}  // namespace abgate::sim
