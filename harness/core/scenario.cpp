#include "core/scenario.hpp"

#include <fmt/format.h>

namespace abgate {

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::concurrent:
      return "concurrent";
    case Mode::interleaved:
      return "interleaved";
    case Mode::swapped:
      return "swapped";
    case Mode::recorded:
      return "recorded";
  }
  return "?";
}

std::string_view to_string(Api api) {
  return api == Api::chat ? "chat" : "completions";
}

std::string_view to_string(Arrival arrival) {
  switch (arrival) {
    case Arrival::closed:
      return "closed";
    case Arrival::constant:
      return "constant";
    case Arrival::poisson:
      return "poisson";
    case Arrival::gamma:
      return "gamma";
    case Arrival::ramp:
      return "ramp";
    case Arrival::trace:
      return "trace";
  }
  return "?";
}

std::string_view to_string(CachePolicy policy) {
  switch (policy) {
    case CachePolicy::cold:
      return "cold";
    case CachePolicy::block:
      return "block";
    case CachePolicy::warm:
      return "warm";
    case CachePolicy::off:
      return "off";
  }
  return "?";
}

std::string_view to_string(SaltBy by) {
  return by == SaltBy::cache_salt ? "cache_salt" : "prompt_prefix";
}

std::string_view to_string(PromptSource::Kind kind) {
  switch (kind) {
    case PromptSource::Kind::suite:
      return "suite";
    case PromptSource::Kind::synthetic:
      return "synthetic";
    case PromptSource::Kind::trace:
      return "trace";
    case PromptSource::Kind::sharegpt:
      return "sharegpt";
    case PromptSource::Kind::jsonl:
      return "jsonl";
  }
  return "?";
}

std::string arrival_words(const LoadPoint& point) {
  if (point.arrival == Arrival::trace) {
    return point.time_scale == 1 ? "arrivals of the trace"
                                 : fmt::format("arrivals of the trace, {:g} times as fast",
                                               point.time_scale);
  }
  if (point.arrival != Arrival::ramp)
    return fmt::format("{:g} req/s, {}", point.rate, to_string(point.arrival));
  std::string rates = fmt::format("{:g}", point.rate);
  Duration total{0};
  for (const RampStage& stage : point.stages) {
    rates += fmt::format(" to {:g}", stage.target);
    total += stage.duration;
  }
  return fmt::format("ramp {} req/s in {:g} s", rates, to_seconds(total));
}

std::string_view to_string(TraceKind kind) {
  switch (kind) {
    case TraceKind::automatic:
      return "automatic";
    case TraceKind::azure:
      return "azure";
    case TraceKind::mooncake:
      return "mooncake";
    case TraceKind::burstgpt:
      return "burstgpt";
    case TraceKind::qwen_bailian:
      return "qwen-bailian";
  }
  return "?";
}

}  // namespace abgate
