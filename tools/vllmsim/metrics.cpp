#include "vllmsim/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace abgate::sim {

namespace {

constexpr std::array kTtftBounds{0.001, 0.005, 0.01, 0.02,  0.04,  0.06,  0.08, 0.1,
                                 0.25,  0.5,   0.75, 1.0,   2.5,   5.0,   7.5,  10.0,
                                 20.0,  40.0,  80.0, 160.0, 640.0, 2560.0};
constexpr std::array kItlBounds{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,  0.3,  0.4, 0.5,
                                0.75, 1.0,   2.5,  5.0,   7.5, 10.0, 20.0, 40.0, 80.0};
constexpr std::array kRequestBounds{0.3,  0.5,   0.8,   1.0,   1.5,   2.0,    2.5,
                                    5.0,  10.0,  15.0,  20.0,  30.0,  40.0,   50.0,
                                    60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0};
constexpr std::array kIterationBounds{1.0,   8.0,    16.0,   32.0,   64.0,   128.0,  256.0,
                                      512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16384.0};
constexpr std::array kParamsNBounds{1.0, 2.0, 5.0, 10.0, 20.0};
constexpr std::array kHighrBounds{0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0,  1.5, 2.0,
                                  2.5,  3.0,   3.5,  4.0,   4.5, 5.0,  7.5, 10.0, 30.0, 60.0};
constexpr std::array kLowrBounds{0.1, 0.5, 1.0};

}  // namespace

std::vector<double> one_two_five(double most) {
  std::vector<double> out;
  for (double decade = 1;; decade *= 10) {
    for (const double mantissa : {1.0, 2.0, 5.0}) {
      if (mantissa * decade > most) return out;
      out.push_back(mantissa * decade);
    }
  }
}

Metrics::Metrics(const Profile& profile, double created)
    : profile_(profile),
      created_(created),
      labels_(fmt::format("engine=\"0\",model_name=\"{}\"", escape_label(profile.model.id))),
      model_label_(fmt::format("model_name=\"{}\"", escape_label(profile.model.id))),
      token_bounds_(one_two_five(static_cast<double>(profile.model.max_model_len))),
      request_prompt_tokens_(token_bounds_),
      request_generation_tokens_(token_bounds_),
      iteration_tokens_(kIterationBounds),
      request_max_generation_(token_bounds_),
      params_n_(kParamsNBounds),
      params_max_tokens_(token_bounds_),
      ttft_(kTtftBounds),
      inter_token_(kItlBounds),
      request_tpot_(kItlBounds),
      e2e_(kRequestBounds),
      queue_(kRequestBounds),
      inference_(kRequestBounds),
      prefill_(kRequestBounds),
      decode_(kRequestBounds),
      http_highr_(kHighrBounds) {}

void Metrics::on_iteration(double prompt_tokens, double generated_tokens) {
  iteration_tokens_.observe(prompt_tokens + generated_tokens);
}

void Metrics::on_first_token(double ttft_seconds, double prompt_tokens) {
  ttft_.observe(ttft_seconds);
  prompt_tokens_ += prompt_tokens;
}

void Metrics::on_inter_token(double seconds) {
  inter_token_.observe(seconds);
}

void Metrics::on_finished(const FinishedRequest& request) {
  if (request.finish != Finish::stop && request.finish != Finish::length) return;
  success_[request.finish == Finish::stop ? 0 : 1] += 1;
  request_prompt_tokens_.observe(request.prompt_tokens);
  request_generation_tokens_.observe(request.generated_tokens);
  request_max_generation_.observe(request.generated_tokens);
  params_n_.observe(1);
  if (request.max_tokens) params_max_tokens_.observe(*request.max_tokens);
  const double gaps = request.generated_tokens - 1;
  request_tpot_.observe(gaps > 0 ? request.decode / gaps : 0);
  e2e_.observe(request.e2e);
  queue_.observe(request.queue);
  prefill_.observe(request.prefill);
  decode_.observe(request.decode);
  inference_.observe(request.prefill + request.decode);
}

void Metrics::on_http(std::string_view handler, std::string_view method, int status, double seconds,
                      double request_bytes, double response_bytes) {
  const std::string labels = fmt::format("handler=\"{}\",method=\"{}\",status=\"{}xx\"",
                                         escape_label(handler), escape_label(method), status / 100);
  Route& route = routes_[std::string(handler)];
  route.by_method_and_status[labels] += 1;
  route.count += 1;
  route.request_bytes += request_bytes;
  route.response_bytes += response_bytes;
  http_highr_.observe(seconds);
  const auto found = std::ranges::find_if(http_durations_, [&](const HttpDuration& each) {
    return each.handler == handler && each.method == method;
  });
  if (found != http_durations_.end()) return found->seconds.observe(seconds);
  http_durations_.push_back({std::string(handler), std::string(method), Histogram(kLowrBounds)});
  http_durations_.back().seconds.observe(seconds);
}

std::string Metrics::render(const EngineState& engine, const ProcessFacts& process) const {
  PrometheusText out(created_);
  render_process(out, process);
  render_gauges(out, engine);
  render_counters(out, engine);
  render_success(out);
  render_histograms(out);
  render_cache_config(out);
  render_http(out);
  return out.take();
}

}  // namespace abgate::sim
