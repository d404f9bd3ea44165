#include "cli/prompt_sizing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/token_ids.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"

namespace abgate::cli {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::size_t, 3> kWords{64, 256, 1024};
constexpr std::uint64_t kTextsEach = 3;  // words differ in their tokens; the mean is wanted

/// Asks one server how long texts are.
class Counter {
 public:
  Counter(const Scenario& scenario, Arm arm, const Ask& ask)
      : chat_(scenario.api == Api::chat), config_(scenario.arm(arm)), ask_(ask) {
    model_ = config_.model.empty() ? first_model() : config_.model;
  }

  std::optional<std::int64_t> by_tokenize(const std::string& text) const {
    TokenQuestion question{model_, chat_ ? "" : text, {}, true};
    if (chat_) question.messages = {{"user", text}};
    const TokenIds answer = ask_token_ids(config_, question, ask_);
    if (!answer.missing.empty()) return std::nullopt;
    return static_cast<std::int64_t>(answer.ids.size());
  }

  std::optional<std::int64_t> by_usage(const std::string& text) const {
    Json request = body(text);
    request["max_tokens"] = 1;
    request["temperature"] = 0;
    request["stream"] = false;
    const Answer answer =
        post(api_url(config_.url, chat_ ? "/chat/completions" : "/completions"), request);
    const Json json = Json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || !json.is_object() || !json.contains("usage")) return std::nullopt;
    const Json& usage = json["usage"];
    if (!usage.is_object() || !usage.contains("prompt_tokens") ||
        !usage["prompt_tokens"].is_number_integer())
      return std::nullopt;
    return usage["prompt_tokens"].get<std::int64_t>();
  }

 private:
  std::string first_model() const {
    const Answer answer = ask_(config_, "GET", api_url(config_.url, "/models"), "");
    const Json json = Json::parse(answer.body, nullptr, false);
    if (!json.is_object() || !json.contains("data") || !json["data"].is_array()) return "";
    for (const auto& card : json["data"]) {
      if (card.is_object() && card.contains("id") && card["id"].is_string()) return card["id"];
    }
    return "";
  }

  Json body(const std::string& text) const {
    Json json{{"model", model_}};
    if (chat_) {
      json["messages"] = Json::array({{{"role", "user"}, {"content", text}}});
    } else {
      json["prompt"] = text;
    }
    return json;
  }

  Answer post(const std::string& url, const Json& json) const {
    return ask_(config_, "POST", url, json.dump());
  }

  const bool chat_;
  const ArmConfig& config_;
  const Ask& ask_;
  std::string model_;
};

template <class Count>
std::optional<load::WordCalibration> calibrate(const Count& count) {
  std::vector<std::pair<std::size_t, std::int64_t>> probes;
  for (const std::size_t words : kWords) {
    for (std::uint64_t i = 0; i < kTextsEach; ++i) {
      const auto tokens = count(load::synthetic_text(words, derive_seed(words, i)));
      if (!tokens) return std::nullopt;
      probes.emplace_back(words, *tokens);
    }
  }
  return load::calibrate_words(probes);
}

}  // namespace

bool makes_text_up(const Workload& workload) {
  const auto made_up = [](const PromptSource& source) {
    return source.kind == PromptSource::Kind::synthetic || source.kind == PromptSource::Kind::trace;
  };
  if (workload.classes.empty()) return made_up(workload);
  return std::any_of(workload.classes.begin(), workload.classes.end(), made_up);
}

PromptSizing measure_prompt_sizing(const Scenario& scenario, Arm arm, const Ask& ask) {
  const Counter counter(scenario, arm, ask);
  const char* way = "/tokenize";
  auto words = calibrate([&](const std::string& text) { return counter.by_tokenize(text); });
  if (!words) {
    way = "usage.prompt_tokens";
    words = calibrate([&](const std::string& text) { return counter.by_usage(text); });
  }
  if (!words) {
    throw Error(ExitCode::unavailable,
                fmt::format("{} {}: prompts cannot be made to length: the server answers neither "
                            "/tokenize nor a one-token request with usage.prompt_tokens; use a suite "
                            "or a file of prompts as the workload, or serve behind an API that counts",
                            to_string(arm), scenario.arm(arm).url));
  }
  return {*words, fmt::format("{:.4g} tokens a word {} {:.3g}, by {} on {} texts ({})",
                              words->tokens_per_word, words->overhead_tokens < 0 ? "-" : "+",
                              std::abs(words->overhead_tokens), way, kWords.size() * kTextsEach,
                              to_string(arm))};
}

}  // namespace abgate::cli
