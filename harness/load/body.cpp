#include "load/body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "load/plan_parts.hpp"
#include "sse/utf8.hpp"

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
  fields["stream"] = true;
  fields["stream_options"] = {{"include_usage", true}, {"continuous_usage_stats", true}};
  fields.merge_patch(extra_fields(scenario));
  return "," + fields.dump().substr(1);
}

/// The fields that ask for log-probabilities, as `,"name":value…`; empty where none are wanted. The
/// scenario's extra fields have the last word here too. Ids as the tokens' names are exact: a text
/// may stand for several tokens, or be half a character.
std::string logprob_fields(const Scenario& scenario) {
  const QualityConfig& quality = scenario.quality;
  if (quality.logprobs == 0) return {};
  Json fields;
  if (scenario.api == Api::chat) {
    fields = {{"logprobs", true}, {"top_logprobs", quality.logprobs}};
  } else {
    fields["logprobs"] = quality.logprobs;
  }
  if (quality.logprob_ids) fields["return_tokens_as_token_ids"] = true;
  const Json extra = extra_fields(scenario);
  for (const auto& [name, value] : extra.items()) fields.erase(name);
  const std::string text = fields.dump();
  return fields.empty() ? "" : "," + text.substr(1, text.size() - 2);
}

/// Appends `text` as a JSON string. Bodies are built while streams are being measured: copying runs
/// of plain characters takes a tenth of the time of the library's dump.
void append_text(std::string_view text, std::string& out) {
  std::string repaired;
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (!std::all_of(text.begin(), text.end(), ascii) && sse::append_repaired_utf8(text, repaired)) {
    text = repaired;
  }
  out += '"';
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text.substr(begin, at - begin));
    begin = at + 1;
    switch (byte) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += fmt::format("\\u{:04x}", byte);
    }
  }
  out.append(text.substr(begin)) += '"';
}

std::string json_text(std::string_view text) {
  std::string out;
  append_text(text, out);
  return out;
}

void add_stops(const Sampling& sampling, const PlannedPrompt& prompt, std::string& out) {
  if (sampling.stop.empty() && prompt.stop.empty()) return;
  out += R"(,"stop":[)";
  for (const auto* list : {&sampling.stop, &prompt.stop}) {
    for (const std::string& stop : *list) out += json_text(stop) + ",";
  }
  out.back() = ']';
}

/// The comment goes before the first message: nothing before it is shared with another request.
void add_messages(const PlannedPrompt& prompt, const std::string& comment, std::string& out) {
  out += ",\"messages\":[";
  for (std::size_t i = 0; i < prompt.messages.size(); ++i) {
    const auto& [role, content] = prompt.messages[i];
    out += i == 0 ? "{\"role\":" : ",{\"role\":";
    append_text(role, out);
    out += ",\"content\":";
    append_text(i == 0 ? comment + content : content, out);
    out += "}";
  }
  out += "]";
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
      exact_by_(scenario.workload.exact_by),
      sampling_(scenario.sampling),
      warm_salt_(warm_salt(scenario.seeds)),
      nonce_(run_nonce),
      logprobs_(logprob_fields(scenario)),
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
  std::string out = "{\"model\":";
  out.reserve(shared_.size() + prompt.text.size() * 5 / 4 + 256);
  append_text(model, out);
  if (api_ == Api::completions) {
    out += ",\"prompt\":";
    append_text(comment.empty() ? prompt.text : with_comment(prompt.text, comment), out);
  } else {
    add_messages(prompt, comment, out);
  }
  out += fmt::format(",\"max_tokens\":{},\"ignore_eos\":{}", request.max_tokens,
                     request.ignore_eos && exact_by_ != ExactBy::min_tokens);
  if (request.ignore_eos && exact_by_ != ExactBy::ignore_eos) {
    out += fmt::format(",\"min_tokens\":{}", request.max_tokens);
  } else if (sampling_.min_tokens) {
    out += fmt::format(",\"min_tokens\":{}", *sampling_.min_tokens);
  }
  // Repeats of a sampled answer must differ, and differ alike for both arms.
  if (sampling_.seed) out += fmt::format(",\"seed\":{}", *sampling_.seed + request.repeat);
  add_stops(sampling_, prompt, out);
  if (salted && salt_by_ == SaltBy::cache_salt) out += ",\"cache_salt\":\"" + hex + "\"";
  if (request.logprobs) out += logprobs_;
  return out += shared_;
}

std::string make_body(const Scenario& scenario, const PlannedPrompt& prompt,
                      const PlannedRequest& request, std::string_view model, Arm arm) {
  return BodyBuilder(scenario).body(prompt, request, model, arm);
}

}  // namespace abgate::load
