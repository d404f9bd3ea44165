#include "observe/facts.hpp"

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "observe/text.hpp"

namespace abgate::observe {
namespace {

using Json = nlohmann::json;

Json parse_object(std::string_view body, const std::string& source, const std::string& wanted) {
  Json json = Json::parse(body, nullptr, false);
  if (json.is_object()) return json;
  const std::string foreign = foreign_format(body);
  const bool named = !foreign.empty() && foreign != "JSON";
  throw DataError({source, 0, 0}, "", named ? foreign : std::string(body), wanted);
}

std::string text_of(const Json& json, const char* key) {
  const auto it = json.find(key);
  return it != json.end() && it->is_string() ? it->get<std::string>() : "";
}

/// vLLM prints its configuration as "model='x', dtype=torch.float16, …". Values may hold commas
/// inside brackets and quotes, so split with depth.
std::map<std::string, std::string> parse_config_text(std::string_view text) {
  std::map<std::string, std::string> out;
  int depth = 0;
  char quote = '\0';
  std::size_t begin = 0;
  const auto take = [&](std::size_t end) {
    const std::string_view item = trim(text.substr(begin, end - begin));
    begin = end + 1;
    const auto equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0) return;
    std::string_view value = trim(item.substr(equals + 1));
    if (value.size() >= 2 && (value.front() == '\'' || value.front() == '"') &&
        value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);
    }
    out[std::string(trim(item.substr(0, equals)))] = std::string(value);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      take(i);
    }
  }
  take(text.size());
  return out;
}

void take_models(ServerFacts& facts, const ArmConfig& config, const std::vector<ModelCard>& cards,
                 std::vector<std::string>& problems) {
  const std::string who = std::string(to_string(facts.arm));
  if (cards.empty()) {
    problems.push_back(who + ": the server lists no model");
    return;
  }
  const ModelCard* chosen = config.model.empty() ? &cards.front() : nullptr;
  std::string names;
  for (const ModelCard& card : cards) {
    if (card.id == config.model) chosen = &card;
    names += (names.empty() ? "" : ", ") + card.id;
  }
  if (chosen == nullptr) {
    problems.push_back(who + ": model " + config.model + " is not served there; " + names + " is");
    return;
  }
  facts.model = chosen->id;
  facts.model_root = chosen->root;
  facts.max_model_len = chosen->max_model_len;
}

}  // namespace

VersionInfo parse_version(std::string_view body, const std::string& source) {
  const Json json = parse_object(body, source, "{\"version\": …}");
  VersionInfo info{text_of(json, "version"), false};
  if (info.version.empty())
    throw DataError({source, 0, 0}, "version", std::string(body), "{\"version\": …}");
  const auto flag = json.find("simulated");
  info.simulated = (flag != json.end() && flag->is_boolean() && flag->get<bool>()) ||
                   info.version.find("simulated") != std::string::npos ||
                   info.version.find("vllmsim") != std::string::npos;
  return info;
}

std::vector<ModelCard> parse_models(std::string_view body, const std::string& source) {
  const std::string wanted = "a model list as of GET /v1/models";
  const Json json = parse_object(body, source, wanted);
  const auto data = json.find("data");
  if (data == json.end() || !data->is_array())
    throw DataError({source, 0, 0}, "data", std::string(body), wanted);
  std::vector<ModelCard> cards;
  for (const Json& entry : *data) {
    if (!entry.is_object() || text_of(entry, "id").empty()) {
      throw DataError({source, 0, 0}, "data",
                      entry.dump(-1, ' ', false, Json::error_handler_t::replace),
                      "a model with an id");
    }
    ModelCard card{text_of(entry, "id"), text_of(entry, "root"), std::nullopt};
    const auto length = entry.find("max_model_len");
    if (length != entry.end() && length->is_number_integer())
      card.max_model_len = length->get<std::int64_t>();
    cards.push_back(std::move(card));
  }
  return cards;
}

std::map<std::string, std::string> parse_server_info(std::string_view body,
                                                     const std::string& source) {
  const Json json = parse_object(body, source, "{\"vllm_config\": …}");
  const auto config = json.find("vllm_config");
  if (config == json.end()) return {};
  if (config->is_string()) return parse_config_text(config->get<std::string>());
  std::map<std::string, std::string> out;
  if (!config->is_object()) return out;
  for (const auto& [key, value] : config->items()) {
    out[key] = value.is_string() ? value.get<std::string>()
                                 : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return out;
}

std::vector<std::int64_t> parse_tokenize(std::string_view body, const std::string& source) {
  const std::string wanted = "{\"tokens\": [ids]}";
  const Json json = parse_object(body, source, wanted);
  const auto tokens = json.find("tokens");
  if (tokens == json.end() || !tokens->is_array())
    throw DataError({source, 0, 0}, "tokens", std::string(body), wanted);
  std::vector<std::int64_t> ids;
  for (const Json& token : *tokens) {
    if (!token.is_number_integer())
      throw DataError({source, 0, 0}, "tokens",
                      token.dump(-1, ' ', false, Json::error_handler_t::replace), wanted);
    ids.push_back(token.get<std::int64_t>());
  }
  return ids;
}

ServerFacts read_facts(Arm arm, const ArmConfig& config, Fetcher& fetcher,
                       std::vector<std::string>& problems, std::stop_token stop) {
  ServerFacts facts;
  facts.arm = arm;
  facts.url = config.url;
  const std::string root = server_root(config.url);
  const auto ask = [&](const char* path) {
    const FetchResult result = fetcher.get(request_to(config, root + path), stop);
    if (!result.address.empty()) facts.resolved_address = result.address;
    return result;
  };
  try {
    const FetchResult models = ask("/v1/models");
    if (models.ok()) {
      take_models(facts, config, parse_models(models.body, root + "/v1/models"), problems);
    } else {
      problems.push_back(std::string(to_string(arm)) + ": " + root +
                         "/v1/models: " + failure(models));
    }
    // The rest is welcome, not needed: other servers have no /version, and /server_info is for
    // developers.
    if (const FetchResult version = ask("/version"); version.ok()) {
      const VersionInfo info = parse_version(version.body, root + "/version");
      facts.version = info.version;
      facts.simulated = info.simulated;
    }
    if (const FetchResult info = ask("/server_info?config_format=text"); info.ok()) {
      facts.other = parse_server_info(info.body, root + "/server_info");
    }
  } catch (const DataError& e) {
    problems.push_back(std::string(to_string(arm)) + ": " + e.what());
  }
  return facts;
}

}  // namespace abgate::observe
