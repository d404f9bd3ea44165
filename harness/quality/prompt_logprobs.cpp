#include "quality/prompt_logprobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace abgate::quality {

namespace {

using Json = nlohmann::json;

/// Reads one answer; knows its name for the error line.
class Reader {
 public:
  Reader(const std::string& source, std::string_view body) : source_(source) {
    root_ = Json::parse(body, nullptr, false);
    if (root_.is_discarded()) fail("", printable(body, 60), "JSON");
  }

  const Json& root() const { return root_; }

  [[noreturn]] void fail(const std::string& key, const std::string& seen,
                         const std::string& wanted) const {
    throw DataError(Place{source_, 0, 0}, key, seen, wanted);
  }

  /// An error object in place of an answer, in its own words.
  void refuse_error() const {
    if (!root_.is_object()) fail("", std::string(root_.type_name()), "an object");
    const auto error = root_.find("error");
    if (error == root_.end() || error->is_null()) return;
    std::string words = error->is_string() ? error->get<std::string>() : "";
    if (error->is_object() && error->contains("message") && (*error)["message"].is_string())
      words = (*error)["message"].get<std::string>();
    fail("error", words.empty() ? error->dump(-1, ' ', true) : words, "log-probabilities");
  }

  const Json& first_choice() const {
    const auto choices = root_.find("choices");
    if (choices == root_.end() || !choices->is_array() || choices->empty() ||
        !(*choices)[0].is_object())
      fail("choices", shown(choices == root_.end() ? Json() : *choices), "a list of one object");
    return (*choices)[0];
  }

  const Json& list(const Json& object, const char* key, const std::string& path) const {
    const auto it = object.is_object() ? object.find(key) : object.end();
    if (!object.is_object() || it == object.end() || !it->is_array())
      fail(path, shown(object.is_object() && it != object.end() ? *it : Json()), "a list");
    return *it;
  }

  double logprob(const Json& value, const std::string& path) const {
    if (value.is_null()) return kMinusInfinity;
    if (!value.is_number()) fail(path, shown(value), "a number at most 0");
    const double x = value.get<double>();
    if (!std::isfinite(x) || x > kMostLogprob) fail(path, shown(value), "a number at most 0");
    return std::min(x, 0.0);
  }

  static std::string shown(const Json& value) {
    return value.is_null() ? "nothing" : value.dump(-1, ' ', true, Json::error_handler_t::replace);
  }

 private:
  std::string source_;
  Json root_;
};

void sort_top(std::vector<RankedToken>& top) {
  std::stable_sort(top.begin(), top.end(), [](const RankedToken& a, const RankedToken& b) {
    return a.logprob != b.logprob ? a.logprob > b.logprob : a.id < b.id;
  });
}

std::int64_t id_of(const Reader& in, const std::string& key, const std::string& path) {
  std::int64_t id = -1;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
  if (error != std::errc() || end != key.data() + key.size() || id < 0)
    in.fail(path, key, "a token id");
  return id;
}

RankedToken entry_of(const Reader& in, const std::string& key, const Json& entry,
                     const std::string& path) {
  RankedToken token;
  token.id = id_of(in, key, path);
  if (!entry.is_object() || !entry.contains("logprob"))
    in.fail(path, Reader::shown(entry), "an object with logprob");
  token.logprob = in.logprob(entry["logprob"], path + ".logprob");
  if (const auto it = entry.find("decoded_token"); it != entry.end() && it->is_string())
    token.text = it->get<std::string>();
  return token;
}

/// JSON maps keep no order, so that the position's own token is known by its id (prompt_token_ids),
/// or by its rank: alone beyond the top k, or the map has no more entries than were asked for and
/// only the first written is it.
ScoredToken scored(std::vector<RankedToken> all, std::size_t own) {
  ScoredToken token;
  token.id = all[own].id;
  token.text = all[own].text;
  token.logprob = all[own].logprob;
  sort_top(all);
  token.top = std::move(all);
  return token;
}

std::vector<std::int64_t> prompt_ids(const Json& choice, const Json& root) {
  std::vector<std::int64_t> ids;
  for (const Json* place : {&choice, &root}) {
    const auto it = place->find("prompt_token_ids");
    if (it == place->end() || !it->is_array()) continue;
    for (const Json& id : *it) ids.push_back(id.is_number_integer() ? id.get<std::int64_t>() : -1);
    break;
  }
  return ids;
}

std::vector<ScoredToken> read_vllm(const Reader& in, std::string_view body) {
  const Json& choice = in.first_choice();
  // The order of the wire is needed: the actual token is written first.
  const auto ordered = nlohmann::ordered_json::parse(body, nullptr, false);
  const Json& positions = in.list(choice, "prompt_logprobs", "choices[0].prompt_logprobs");
  const auto& written = ordered["choices"][0]["prompt_logprobs"];
  const auto ids = prompt_ids(choice, in.root());
  std::vector<ScoredToken> out;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const std::string path = fmt::format("choices[0].prompt_logprobs[{}]", i);
    if (positions[i].is_null() && i == 0) {
      out.emplace_back().id = i < ids.size() ? ids[i] : -1;
      continue;
    }
    if (!positions[i].is_object() || positions[i].empty())
      in.fail(path, Reader::shown(positions[i]), "a map of token ids");
    std::vector<RankedToken> all;
    std::size_t own = 0;
    for (const auto& [key, entry] : written[i].items()) {
      all.push_back(entry_of(in, key, Json(entry), path + "." + key));
      if (i < ids.size() && all.back().id == ids[i]) own = all.size() - 1;
    }
    out.push_back(scored(std::move(all), own));
  }
  return out;
}

/// Tokens of the prompt: those before what was generated.
std::size_t prompt_tokens(const Json& root, std::size_t all) {
  const auto usage = root.find("usage");
  if (usage != root.end() && usage->is_object()) {
    const auto n = usage->find("prompt_tokens");
    if (n != usage->end() && n->is_number_unsigned())
      return std::min(all, n->get<std::size_t>());
  }
  return all > 0 ? all - 1 : 0;  // one token was asked for
}

std::vector<ScoredToken> read_echo(const Reader& in) {
  const Json& choice = in.first_choice();
  const auto found = choice.find("logprobs");
  if (found == choice.end() || !found->is_object())
    in.fail("choices[0].logprobs", Reader::shown(found == choice.end() ? Json() : *found),
            "an object");
  const Json& tokens = in.list(*found, "tokens", "choices[0].logprobs.tokens");
  const Json& values = in.list(*found, "token_logprobs", "choices[0].logprobs.token_logprobs");
  const auto tops = found->find("top_logprobs");
  const bool has_top = tops != found->end() && tops->is_array();
  if (values.size() != tokens.size() || (has_top && tops->size() != tokens.size()))
    in.fail("choices[0].logprobs", fmt::format("{} tokens and {} values", tokens.size(), values.size()),
            "lists of one length");
  std::vector<ScoredToken> out;
  const std::size_t n = prompt_tokens(in.root(), tokens.size());
  for (std::size_t i = 0; i < n; ++i) {
    const std::string path = fmt::format("choices[0].logprobs.token_logprobs[{}]", i);
    ScoredToken& token = out.emplace_back();
    if (!tokens[i].is_string())
      in.fail(fmt::format("choices[0].logprobs.tokens[{}]", i), Reader::shown(tokens[i]), "text");
    token.text = tokens[i].get<std::string>();
    if (i > 0 || !values[i].is_null()) token.logprob = in.logprob(values[i], path);
    if (i == 0 || !has_top || !(*tops)[i].is_object()) continue;
    for (const auto& [text, value] : (*tops)[i].items())
      token.top.push_back(
          {-1, text, in.logprob(value, fmt::format("choices[0].logprobs.top_logprobs[{}]", i))});
    sort_top(token.top);
  }
  if (!out.empty()) out[0].logprob = std::numeric_limits<double>::quiet_NaN();
  return out;
}

/// [logprob, id] or [logprob, id, text].
RankedToken triple(const Reader& in, const Json& value, const std::string& path, bool first) {
  if (!value.is_array() || value.size() < 2 || !value[1].is_number_integer())
    in.fail(path, Reader::shown(value), "[logprob, id, text]");
  RankedToken token;
  token.id = value[1].get<std::int64_t>();
  if (value.size() > 2 && value[2].is_string()) token.text = value[2].get<std::string>();
  token.logprob = first && value[0].is_null() ? std::numeric_limits<double>::quiet_NaN()
                                              : in.logprob(value[0], path + "[0]");
  return token;
}

std::vector<ScoredToken> read_sglang(const Reader& in) {
  const auto meta = in.root().find("meta_info");
  const Json nothing;
  const Json& info = meta == in.root().end() ? nothing : *meta;
  const Json& values =
      in.list(info, "input_token_logprobs", "meta_info.input_token_logprobs");
  const auto tops = info.find("input_top_logprobs");
  std::vector<ScoredToken> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto own =
        triple(in, values[i], fmt::format("meta_info.input_token_logprobs[{}]", i), i == 0);
    ScoredToken& token = out.emplace_back();
    token.id = own.id;
    token.text = own.text;
    token.logprob = own.logprob;
    if (i == 0 || tops == info.end() || !tops->is_array() || i >= tops->size() ||
        !(*tops)[i].is_array())
      continue;
    for (const Json& top : (*tops)[i])
      token.top.push_back(
          triple(in, top, fmt::format("meta_info.input_top_logprobs[{}]", i), false));
    sort_top(token.top);
  }
  return out;
}

}  // namespace

std::string_view to_string(LogprobDialect dialect) {
  switch (dialect) {
    case LogprobDialect::vllm:
      return "prompt_logprobs";
    case LogprobDialect::echo:
      return "echo";
    case LogprobDialect::sglang:
      return "SGLang /generate";
  }
  return "?";
}

std::string_view path_of(LogprobDialect dialect) {
  return dialect == LogprobDialect::sglang ? "/generate" : "/completions";
}

std::string logprob_body(LogprobDialect dialect, const std::string& model, const std::string& text,
                         int top_k) {
  Json body;
  if (dialect == LogprobDialect::sglang) {
    body = {{"text", text},
            {"sampling_params", {{"temperature", 0}, {"max_new_tokens", 1}}},
            {"return_logprob", true},
            {"logprob_start_len", 0},
            {"top_logprobs_num", top_k},
            {"return_text_in_logprobs", true}};
  } else {
    body = {{"model", model}, {"prompt", text}, {"max_tokens", 1}, {"temperature", 0}};
    if (dialect == LogprobDialect::vllm) {
      body["prompt_logprobs"] = top_k;
      body["return_token_ids"] = true;
    } else {
      body["echo"] = true;
      body["logprobs"] = top_k;
    }
  }
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<ScoredToken> read_logprobs(LogprobDialect dialect, const std::string& source,
                                       std::string_view body) {
  const Reader in(source, body);
  in.refuse_error();
  auto tokens = dialect == LogprobDialect::vllm   ? read_vllm(in, body)
                : dialect == LogprobDialect::echo ? read_echo(in)
                                                  : read_sglang(in);
  if (tokens.size() < 2)
    in.fail("", fmt::format("{} tokens", tokens.size()), "at least 2 tokens of the text");
  return tokens;
}

std::string disagreement(const std::vector<ScoredToken>& first,
                         const std::vector<ScoredToken>& second, double tolerance) {
  if (first.size() != second.size())
    return fmt::format("{} tokens, then {}", first.size(), second.size());
  double sum = 0;
  for (std::size_t i = 1; i < first.size(); ++i) {
    if (first[i].id != second[i].id || first[i].text != second[i].text)
      return fmt::format("token {} differs", i);
    sum += std::fabs(first[i].logprob - second[i].logprob);
  }
  const double mean = first.size() > 1 ? sum / static_cast<double>(first.size() - 1) : 0;
  return mean <= tolerance
             ? ""
             : fmt::format("log-probabilities differ by {:.3g} nat on average, want at most {:.3g}",
                           mean, tolerance);
}

std::vector<std::size_t> token_offsets(const std::vector<ScoredToken>& tokens,
                                       std::string_view text) {
  constexpr auto kUnknown = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    out.push_back(at);
    if (at == kUnknown) continue;
    const std::string& token = tokens[i].text;
    if (text.substr(at).starts_with(token)) {
      at += token.size();
      // vLLM does not name the first token: its text is what lies before the second.
      if (i == 0 && token.empty() && tokens.size() > 1 && !tokens[1].text.empty()) {
        const auto second = text.substr(0, 256).find(tokens[1].text, 1);
        if (second != std::string_view::npos && !text.starts_with(tokens[1].text)) at = second;
      }
    } else if (i > 0) {
      out.back() = at = kUnknown;
    }
  }
  return out;
}

}  // namespace abgate::quality
