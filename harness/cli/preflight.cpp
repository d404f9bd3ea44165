#include "cli/preflight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/logprob_probe.hpp"
#include "cli/token_check.hpp"
#include "core/error.hpp"
#include "load/body.hpp"

namespace abgate::cli {

namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(ExitCode code, const std::string& line, const std::string& next_step) {
  throw Error(code, line + "; " + next_step);
}

Json parse(const std::string& body) {
  return Json::parse(body, nullptr, false);
}

std::string text_of(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

/// The message of any error envelope, else the start of the body.
std::string error_text(const Answer& answer) {
  const Json json = parse(answer.body);
  if (json.is_object()) {
    if (const auto it = json.find("error"); it != json.end()) {
      if (it->is_string()) return it->get<std::string>();
      if (const auto message = text_of(*it, "message"); !message.empty()) return message;
    }
    for (const char* key : {"message", "detail"}) {
      if (auto message = text_of(json, key); !message.empty()) return message;
    }
  }
  return answer.body.empty() ? "an empty answer" : answer.body;
}

bool looks_like_html(const Answer& answer) {
  return answer.content_type.find("text/html") != std::string::npos ||
         answer.body.find("<html") != std::string::npos ||
         answer.body.find("<!DOCTYPE") != std::string::npos;
}

/// One arm's questions.
class ArmCheck {
 public:
  ArmCheck(const Scenario& scenario, const Plan& plan, Arm arm, const Ask& ask)
      : scenario_(scenario), plan_(plan), config_(scenario.arm(arm)), ask_(ask) {
    facts_.arm = arm;
    facts_.url = config_.url;
    who_ = fmt::format("{} {}", to_string(arm), config_.url);
  }

  ServerFacts run(const Say& say) {
    read_models();
    read_version();
    try_one_token();
    read_tokens(say);
    return facts_;
  }
  const TokenAnswers& tokens() const { return tokens_; }

  /// After the load. A model that is gone is a finding, not a refusal: the first that is served now
  /// stands in its place.
  ServerFacts again(const std::string& model) {
    const Answer answer = ask_(config_, "GET", api_url(config_.url, "/models"), "");
    facts_.resolved_address = answer.address;
    const Json json = parse(answer.body);
    if (answer.status == 200 && json.is_object() && json.contains("data") &&
        json["data"].is_array()) {
      const Json& cards = json["data"];
      const auto same = std::find_if(cards.begin(), cards.end(), [&](const Json& card) {
        return text_of(card, "id") == model;
      });
      if (same != cards.end())
        take_card(*same);
      else if (!cards.empty())
        take_card(cards.front());
    } else if (answer.status == 404) {
      facts_.model = config_.model;
    } else {
      throw Error(ExitCode::unavailable,
                  fmt::format("{}: /v1/models answered status {}", who_, answer.status));
    }
    read_version();
    tokenized_as_ = model;
    read_tokens({});
    return facts_;
  }

 private:
  void expect_usable(const Answer& answer, const std::string& what) const {
    if (answer.status == 401 || answer.status == 403) {
      refuse(ExitCode::unavailable,
             fmt::format("{}: the server refused the key ({} {})", who_, answer.status,
                         printable(error_text(answer), 120)),
             "set api_key: ${NAME} for this arm in the scenario and export NAME");
    }
    if (looks_like_html(answer)) {
      refuse(ExitCode::unavailable,
             fmt::format("{}: {} answered HTML (status {}), want JSON", who_, what, answer.status),
             "is this the base URL of an OpenAI-style server, and not of a web page or proxy?");
    }
  }

  void read_models() {
    const Answer answer = ask_(config_, "GET", api_url(config_.url, "/models"), "");
    facts_.resolved_address = answer.address;
    expect_usable(answer, "/v1/models");
    const Json json = parse(answer.body);
    if (answer.status != 200 || !json.is_object() || !json.contains("data") ||
        !json["data"].is_array()) {
      if (answer.status == 404 && !config_.model.empty()) {  // a server without the list
        facts_.model = config_.model;
        return;
      }
      refuse(ExitCode::unavailable,
             fmt::format("{}: /v1/models answered status {} and {}, want a list of models", who_,
                         answer.status, printable(error_text(answer), 120)),
             "is this the base URL of an OpenAI-style server?");
    }
    choose_model(json["data"]);
  }

  void take_card(const Json& card) {
    facts_.model = text_of(card, "id");
    facts_.model_root = text_of(card, "root");
    if (card.contains("max_model_len") && card["max_model_len"].is_number_integer())
      facts_.max_model_len = card["max_model_len"].get<std::int64_t>();
  }

  void choose_model(const Json& cards) {
    std::string names;
    for (const auto& card : cards) {
      const std::string id = text_of(card, "id");
      names += (names.empty() ? "" : ", ") + id;
      if (!facts_.model.empty() || (!config_.model.empty() && id != config_.model)) continue;
      take_card(card);
    }
    if (facts_.model.empty()) {
      refuse(ExitCode::unavailable,
             fmt::format("{}: model \"{}\" is not served; the server lists {}", who_, config_.model,
                         names.empty() ? "no model" : printable(names, 200)),
             "correct `model` in the scenario, or leave it out to take the first");
    }
  }

  void read_version() {
    const Answer answer = ask_(config_, "GET", server_root(config_.url) + "/version", "");
    if (answer.status != 200) return;
    const Json json = parse(answer.body);
    facts_.version = text_of(json, "version");
    facts_.simulated = json.is_object() && json.value("simulated", Json(false)) == Json(true);
  }

  /// A real request with one token: finds what the lists do not tell (chat template missing, key
  /// valid for reading only, engine dead).
  void try_one_token() const {
    if (plan_.prompts.empty()) return;
    PlannedRequest request;
    request.max_tokens = 1;
    Json body = Json::parse(
        load::make_body(scenario_, plan_.prompts.front(), request, facts_.model, facts_.arm));
    body["stream"] = false;
    body.erase("stream_options");
    body.erase("min_tokens");
    const bool chat = scenario_.api == Api::chat;
    const Answer answer =
        ask_(config_, "POST", api_url(config_.url, chat ? "/chat/completions" : "/completions"),
             body.dump(-1, ' ', false, Json::error_handler_t::replace));
    expect_usable(answer, "a one-token request");
    if (answer.status == 200 && parse(answer.body).contains("choices")) return;
    refuse(ExitCode::unavailable,
           fmt::format("{}: a one-token request failed: status {}: {}", who_, answer.status,
                       printable(error_text(answer), 200)),
           "run the same request with curl to see the whole answer");
  }

  void read_tokens(const Say& say) {
    tokens_ = ask_tokens(scenario_, plan_, config_, who_,
                         tokenized_as_.empty() ? facts_.model : tokenized_as_, ask_, say);
    for (std::size_t i = 0; i < tokens_.prompts.size(); ++i)
      check_length(plan_.prompts[tokens_.prompts[i]], tokens_.counts[i]);
    describe_tokens(tokens_, plan_, facts_);
  }

  void check_length(const PlannedPrompt& prompt, std::int64_t tokens) const {
    if (!tokenized_as_.empty()) return;  // the load is over
    if (!facts_.max_model_len || tokens < *facts_.max_model_len) return;
    refuse(ExitCode::bad_scenario,
           fmt::format("{}: prompt \"{}\" has {} tokens, the model's context is {}", who_,
                       printable(prompt.id, 60), tokens, *facts_.max_model_len),
           "use shorter prompts, or serve with a larger --max-model-len");
  }

  const Scenario& scenario_;
  const Plan& plan_;
  const ArmConfig& config_;
  const Ask& ask_;
  ServerFacts facts_;
  TokenAnswers tokens_;
  std::string tokenized_as_;  ///< asked again: the model name of the first time
  std::string who_;
};

void compare_facts(const ServerFacts& a, const ServerFacts& b, std::vector<std::string>& notes) {
  if (a.version != b.version) {
    notes.push_back(fmt::format("server versions differ: {} and {}", a.version, b.version));
  }
  if (a.max_model_len != b.max_model_len) {
    notes.push_back(fmt::format("max_model_len differs: {} and {}", a.max_model_len.value_or(0),
                                b.max_model_len.value_or(0)));
  }
}

bool has_quality_pass(const Plan& plan) {
  return std::any_of(plan.cells.begin(), plan.cells.end(),
                     [](const Cell& cell) { return cell.kind == CellKind::quality; });
}

/// Nothing is silently absent: fewer than wanted are a note. Ids of two vocabularies mean nothing
/// beside each other: then tokens are told by their text.
void ask_logprobs(Scenario scenario, const Plan& plan, const std::vector<Arm>& arms, bool same_ids,
                  const Ask& ask, Preflight& out) {
  if (!has_quality_pass(plan) || plan.prompts.empty()) return;
  out.logprobs.emplace();
  const int wanted = scenario.quality.logprobs;
  if (wanted == 0) return;
  scenario.quality.logprob_ids = same_ids;
  std::vector<LogprobOffer> offers;
  for (const Arm arm : arms)
    offers.push_back(probe_logprobs(scenario, plan, arm, out.models[index_of(arm)], ask));
  out.logprobs = agree(wanted, offers);
  if (!same_ids && out.logprobs->top > 0) {
    out.logprobs->ids = false;
    out.logprobs->why +=
        (out.logprobs->why.empty() ? "" : "; ") + std::string("the servers' token ids differ");
  }
  if (!out.logprobs->why.empty()) out.notes.push_back(describe(*out.logprobs));
}

}  // namespace

Scenario as_granted(Scenario scenario, const Preflight& checked) {
  scenario.quality.logprobs = checked.logprobs ? checked.logprobs->top : 0;
  scenario.quality.logprob_ids = checked.logprobs && checked.logprobs->ids;
  return scenario;
}

std::string server_root(const std::string& url) {
  std::string root = url;
  while (root.ends_with('/')) root.pop_back();
  if (root.ends_with("/v1")) root.resize(root.size() - 3);
  return root;
}

std::string api_url(const std::string& url, std::string_view path) {
  return server_root(url) + "/v1" + std::string(path);
}

Preflight preflight(const Scenario& scenario, const Plan& plan, const std::vector<Arm>& arms,
                    const Ask& ask, const Say& say) {
  Preflight out;
  out.models.resize(kArmCount);
  std::vector<TokenAnswers> tokens;
  bool same_ids = true;
  for (const Arm arm : arms) {
    ArmCheck check(scenario, plan, arm, ask);
    out.facts.push_back(check.run(say));
    tokens.push_back(check.tokens());
    out.models[index_of(arm)] = out.facts.back().model;
    if (const auto it = out.facts.back().other.find("FIM tokens");
        it != out.facts.back().other.end() && !tokens.back().missing.empty()) {
      out.notes.push_back(fmt::format("{}: whether the FIM tokens are known to the model is {}",
                                      to_string(arm), it->second));
    }
  }
  out.models[index_of(Arm::control)] = out.models[index_of(Arm::baseline)];
  if (out.facts.size() == 2) {
    compare_facts(out.facts[0], out.facts[1], out.notes);
    const std::string difference = differing_tokens(tokens[0], tokens[1], plan);
    if (!difference.empty()) out.notes.push_back(difference);
    same_ids = difference.empty();
  }
  ask_logprobs(scenario, plan, arms, same_ids, ask, out);
  return out;
}

std::vector<ServerFacts> ask_again(const Scenario& scenario, const Plan& plan,
                                   const std::vector<ServerFacts>& before, const Ask& ask,
                                   std::vector<std::string>& notes) {
  std::vector<ServerFacts> out;
  for (const ServerFacts& facts : before) {
    try {
      out.push_back(ArmCheck(scenario, plan, facts.arm, ask).again(facts.model));
    } catch (const Error& e) {
      notes.push_back(fmt::format("{}: could not be asked again after the run: {}",
                                  to_string(facts.arm), printable(e.what(), 200)));
    }
  }
  return out;
}

}  // namespace abgate::cli
