#include "load/body.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "load/plan_parts.hpp"

namespace abgate::load {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::string_view kDecided[] = {"model",  "prompt",     "messages",
                                         "stream", "max_tokens", "ignore_eos",
                                         "seed",   "stop",       "cache_salt"};

Json extra_fields(const Scenario& scenario) {
  const std::string& text = scenario.sampling.extra_json;
  if (text.empty()) return Json::object();
  const auto refuse = [&](const std::string& seen, const std::string& wanted) {
    throw ScenarioError({scenario.path, 0, 0}, "sampling.extra", seen, wanted);
  };
  Json extra = Json::parse(text, nullptr, false);
  if (!extra.is_object()) refuse(text, "a JSON object");
  for (const std::string_view field : kDecided) {
    if (extra.contains(field))
      refuse(std::string(field), "no field that the scenario decides elsewhere");
  }
  return extra;
}

/// The fields that are the same in every request, as `,"name":value…}`. A null in the scenario's
/// extra fields takes one of ours out, for servers that refuse it.
std::string shared_fields(const Scenario& scenario) {
  const Sampling& sampling = scenario.sampling;
  Json fields{{"temperature", sampling.temperature},
              {"top_p", sampling.top_p},
              {"top_k", sampling.top_k},
              {"min_p", sampling.min_p},
              {"repetition_penalty", sampling.repetition_penalty},
              {"presence_penalty", sampling.presence_penalty},
              {"frequency_penalty", sampling.frequency_penalty}};
  if (sampling.min_tokens) fields["min_tokens"] = *sampling.min_tokens;
  fields["stream"] = true;
  fields["stream_options"] = {{"include_usage", true}, {"continuous_usage_stats", true}};
  fields.merge_patch(extra_fields(scenario));
  return "," + fields.dump().substr(1);
}

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void add_stops(const Sampling& sampling, const PlannedPrompt& prompt, std::string& out) {
  if (sampling.stop.empty() && prompt.stop.empty()) return;
  out += R"(,"stop":[)";
  for (const auto* list : {&sampling.stop, &prompt.stop}) {
    for (const std::string& stop : *list) out += json_text(stop) + ",";
  }
  out.back() = ']';
}

/// Behind a leading special token (`<|fim_prefix|>`, `<PRE>`), which must stay first; else in
/// front.
std::string with_comment(std::string_view text, std::string_view comment) {
  std::size_t at = 0;
  if (text.starts_with('<')) {
    const std::size_t end = text.find_first_of("> \n");
    if (end < 32 && text[end] == '>') at = end + 1;
  }
  return std::string(text.substr(0, at)).append(comment).append(text.substr(at));
}

}  // namespace

BodyBuilder::BodyBuilder(const Scenario& scenario, std::uint64_t run_nonce)
    : api_(scenario.api),
      salt_by_(scenario.workload.salt_by),
      sampling_(scenario.sampling),
      warm_salt_(warm_salt(scenario.seeds)),
      nonce_(run_nonce),
      shared_(shared_fields(scenario)) {}

std::uint64_t BodyBuilder::salt(const PlannedRequest& request, Arm arm) const {
  std::uint64_t salt = request.salt;
  if (nonce_ != 0) salt = derive_seed(salt, nonce_);
  const bool own = request.salt != warm_salt_;
  return own && arm == Arm::control ? derive_seed(salt, "control") : salt;
}

std::string BodyBuilder::body(const PlannedPrompt& prompt, const PlannedRequest& request,
                              std::string_view model, Arm arm) const {
  const bool salted = request.salt != 0;
  const std::string hex = salted ? fmt::format("{:016x}", salt(request, arm)) : "";
  const std::string comment =
      salted && salt_by_ == SaltBy::prompt_prefix ? "# abgate " + hex + "\n" : "";
  std::string out = "{\"model\":" + json_text(model);
  if (api_ == Api::completions) {
    out += ",\"prompt\":" +
           json_text(comment.empty() ? prompt.text : with_comment(prompt.text, comment));
  } else {
    out += ",\"messages\":[";
    bool first = true;
    for (const auto& [role, content] : prompt.messages) {
      out += (first ? "{\"role\":" : ",{\"role\":") + json_text(role) + ",\"content\":";
      out += json_text(first ? comment + content : content) + "}";
      first = false;
    }
    out += "]";
  }
  out +=
      fmt::format(",\"max_tokens\":{},\"ignore_eos\":{}", request.max_tokens, request.ignore_eos);
  // Repeats of a sampled answer must differ, and differ alike for both arms.
  if (sampling_.seed) out += fmt::format(",\"seed\":{}", *sampling_.seed + request.repeat);
  add_stops(sampling_, prompt, out);
  if (salted && salt_by_ == SaltBy::cache_salt) out += ",\"cache_salt\":\"" + hex + "\"";
  return out + shared_;
}

std::string make_body(const Scenario& scenario, const PlannedPrompt& prompt,
                      const PlannedRequest& request, std::string_view model, Arm arm) {
  return BodyBuilder(scenario).body(prompt, request, model, arm);
}

}  // namespace abgate::load
