#include "cli/token_ids.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace abgate::cli {

namespace {

using Json = nlohmann::json;

TokenIds post(const ArmConfig& server, const Json& body, const Ask& ask) {
  const Answer answer = ask(server, "POST", server_root(server.url) + "/tokenize",
                            body.dump(-1, ' ', false, Json::error_handler_t::replace));
  TokenIds out;
  if (answer.status != 200) {
    out.missing = fmt::format("/tokenize answered {}", answer.status);
    return out;
  }
  out.missing = "/tokenize answered without token ids";
  const Json json = Json::parse(answer.body, nullptr, false);
  if (!json.is_object() || !json.contains("tokens") || !json["tokens"].is_array()) return out;
  for (const Json& id : json["tokens"]) {
    if (!id.is_number_integer()) return out;
    out.ids.push_back(id.get<std::int64_t>());
  }
  out.missing.clear();
  return out;
}

bool is_empty(const TokenQuestion& question) {
  return question.text.empty() && question.messages.empty();
}

}  // namespace

TokenIds ask_token_ids(const ArmConfig& server, const TokenQuestion& question, const Ask& ask) {
  Json body{{"model", question.model}};
  if (question.messages.empty()) {
    body["prompt"] = question.text;
  } else {
    body["messages"] = Json::array();
    for (const auto& [role, content] : question.messages)
      body["messages"].push_back({{"role", role}, {"content", content}});
  }
  if (!question.special_tokens) body["add_special_tokens"] = false;
  TokenIds out = post(server, body, ask);
  const bool understood = !out.missing.empty() || !out.ids.empty() || is_empty(question);
  if (understood) return out;
  if (question.messages.empty()) {
    out = post(server,
               {{"content", question.text},
                {"add_special", question.special_tokens},
                {"parse_special", true}},
               ask);
    if (!out.missing.empty() || !out.ids.empty()) return out;
  }
  out.missing = "/tokenize answered no ids at all";
  return out;
}

}  // namespace abgate::cli
