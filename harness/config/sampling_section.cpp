// sampling: — every parameter is sent explicitly.

#include <nlohmann/json.hpp>

#include "config/codec.hpp"
#include "config/sections.hpp"

namespace abgate::config {
namespace {

/// Body fields that abgate sets itself: an extra field of that name would contradict it.
void check_extra(const Cursor& at, const Sampling& sampling) {
  if (sampling.extra_json.empty()) return;
  const auto extra = nlohmann::json::parse(sampling.extra_json);
  for (const char* own : {"model",
                          "prompt",
                          "messages",
                          "stream",
                          "stream_options",
                          "temperature",
                          "top_p",
                          "top_k",
                          "min_p",
                          "repetition_penalty",
                          "presence_penalty",
                          "frequency_penalty",
                          "seed",
                          "max_tokens",
                          "max_completion_tokens",
                          "min_tokens",
                          "ignore_eos",
                          "stop",
                          "n",
                          "best_of",
                          "echo",
                          "cache_salt",
                          "request_id"}) {
    if (extra.contains(own)) at.at("extra").at(own).fail("no field here that abgate sets itself");
  }
}

void check_sampling(const Cursor& at, Sampling& s) {
  if (s.min_tokens && *s.min_tokens > s.max_tokens) {
    at.at("min_tokens")
        .fail(std::to_string(*s.min_tokens), "at most max_tokens, " + std::to_string(s.max_tokens));
  }
  if (s.top_k == 0) at.at("top_k").fail("0", "-1 (off) or at least 1");
  check_extra(at, s);
}

}  // namespace

const Section<Sampling>& sampling_section() {
  static const Section<Sampling> section = [] {
    const Whole<int> tokens{1, 10'000'000};
    Section<Sampling> s(
        "sampling",
        "Sent with every request: servers take unset parameters from the model's files.");
    s.key("temperature", &Sampling::temperature, Number{0, 2}, "0 is greedy");
    s.key("top_p", &Sampling::top_p, Number{0, 1, true}, "nucleus; 1 is off");
    s.key("top_k", &Sampling::top_k, Whole<int>{-1, 1'000'000}, "-1 is off");
    s.key("min_p", &Sampling::min_p, Number{0, 1}, "0 is off");
    s.key("repetition_penalty", &Sampling::repetition_penalty, Number{0, 10, true}, "1 is off");
    s.key("presence_penalty", &Sampling::presence_penalty, Number{-2, 2}, "0 is off");
    s.key("frequency_penalty", &Sampling::frequency_penalty, Number{-2, 2}, "0 is off");
    s.custom(
        "seed",
        [] {
          Type type = Whole<std::int64_t>{}.type();
          type.nullable = true;
          return type;
        }(),
        "0",
        [](const Cursor& at, Sampling& into) {
          into.seed.reset();
          if (at.present()) into.seed = Whole<std::int64_t>{}.read(at);
        },
        "the server's sampling seed; `null`: not sent");
    s.key("max_tokens", &Sampling::max_tokens, tokens, "longest answer");
    s.key("min_tokens", &Sampling::min_tokens, Whole<int>{0, 10'000'000},
          "shortest answer; left out: not sent");
    s.key("ignore_eos", &Sampling::ignore_eos, Flag{},
          "true: every answer of the load has max_tokens tokens");
    s.key("stop", &Sampling::stop, Texts{}, "stop texts");
    s.key("extra", &Sampling::extra_json, JsonMap{}, "further body fields, sent as they are");
    s.finally(check_sampling);
    return s;
  }();
  return section;
}

}  // namespace abgate::config
