#include "sse/answer_logprobs.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/error.hpp"

namespace abgate::sse {

namespace {

namespace dom = simdjson::dom;

/// Nobody is asked for more than 20; what sends a whole vocabulary back is broken.
constexpr std::size_t kMostTop = 256;
constexpr std::string_view kIdPrefix = "token_id:";

/// What is wrong with an answer, as one line.
struct Broken {
  std::string line;
};

[[noreturn]] void fail(const std::string& key, const std::string& seen, const char* wanted) {
  throw Broken{describe({}, "logprobs" + key, printable(seen, 60), wanted)};
}

[[noreturn]] void fail(const std::string& key, const dom::element& element, const char* wanted) {
  fail(key, simdjson::minify(element), wanted);
}

/// The list under `key`; false where it is absent or null.
bool find_list(const dom::object& object, const char* key, dom::array& list) {
  dom::element element;
  if (object.at_key(key).get(element) != simdjson::SUCCESS || element.is_null()) return false;
  if (element.get(list) != simdjson::SUCCESS) fail(std::string(".") + key, element, "a list");
  return true;
}

double logprob_of(const dom::element& element, const std::string& key) {
  double value = 0;
  if (element.get(value) != simdjson::SUCCESS || !std::isfinite(value) || value > kMostLogprob)
    fail(key, element, "a number at most 0");
  return std::clamp(value, kMinusInfinity, 0.0);
}

/// The bytes of a token's text, where the server gives them.
bool bytes_of(const dom::object& entry, std::string& out) {
  dom::array list;
  if (entry.at_key("bytes").get(list) != simdjson::SUCCESS) return false;
  std::string bytes;
  for (const dom::element element : list) {
    std::int64_t byte = 0;
    if (element.get(byte) != simdjson::SUCCESS || byte < 0 || byte > 255) return false;
    bytes += static_cast<char>(byte);
  }
  out = std::move(bytes);
  return true;
}

/// Sets the id if `text` is "token_id:123".
bool names_id(std::string_view text, std::int64_t& id) {
  if (!text.starts_with(kIdPrefix)) return false;
  const std::string_view digits = text.substr(kIdPrefix.size());
  std::int64_t value = -1;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 10);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) return false;
  id = value;
  return true;
}

RankedToken named(std::string_view text) {
  RankedToken token;
  if (!names_id(text, token.id)) token.text = text;
  return token;
}

void sort_top(std::vector<RankedToken>& top) {
  std::stable_sort(top.begin(), top.end(), [](const RankedToken& a, const RankedToken& b) {
    return a.logprob != b.logprob ? a.logprob > b.logprob : a.id < b.id;
  });
}

/// {"token","logprob","bytes","id"?}, of a token or of one of its rivals.
RankedToken read_entry(const dom::element& element, const std::string& key) {
  dom::object entry;
  std::string_view text;
  if (element.get(entry) != simdjson::SUCCESS ||
      entry.at_key("token").get(text) != simdjson::SUCCESS)
    fail(key, element, "an object with token and logprob");
  RankedToken token = named(text);
  if (token.id < 0) {
    bytes_of(entry, token.text);
    std::int64_t id = -1;
    if (entry.at_key("id").get(id) == simdjson::SUCCESS && id >= 0) token.id = id;
  }
  dom::element value;
  if (entry.at_key("logprob").get(value) != simdjson::SUCCESS)
    fail(key, element, "an object with token and logprob");
  token.logprob = logprob_of(value, key + ".logprob");
  return token;
}

/// A rival without a number is one that cannot be.
double rival_logprob(const dom::element& element, const std::string& key) {
  return element.is_null() ? kMinusInfinity : logprob_of(element, key);
}

void read_content(const dom::array& content, std::vector<ScoredToken>& tokens) {
  std::size_t i = 0;
  for (const dom::element element : content) {
    const std::string key = fmt::format(".content[{}]", i++);
    RankedToken own = read_entry(element, key);
    ScoredToken& token = tokens.emplace_back();
    token.id = own.id;
    token.text = std::move(own.text);
    token.logprob = own.logprob;
    dom::object entry;
    dom::array top;
    if (element.get(entry) != simdjson::SUCCESS || !find_list(entry, "top_logprobs", top)) continue;
    if (top.size() > kMostTop) fail(key, fmt::format("{} rivals", top.size()), "at most 256");
    for (const dom::element rival : top)
      token.top.push_back(read_entry(rival, key + ".top_logprobs"));
    sort_top(token.top);
  }
}

void read_top_map(const dom::element& element, const std::string& key,
                  std::vector<RankedToken>& top) {
  if (element.is_null()) return;
  dom::object map;
  if (element.get(map) != simdjson::SUCCESS) fail(key, element, "a map of tokens");
  if (map.size() > kMostTop) fail(key, fmt::format("{} rivals", map.size()), "at most 256");
  for (const auto& [text, value] : map) {
    top.push_back(named(text));
    top.back().logprob = rival_logprob(value, key);
  }
  sort_top(top);
}

void read_lists(const dom::object& object, const dom::array& texts,
                std::vector<ScoredToken>& tokens) {
  dom::array values, tops;
  if (!find_list(object, "token_logprobs", values)) fail(".token_logprobs", "nothing", "a list");
  const bool has_top = find_list(object, "top_logprobs", tops) && tops.size() > 0;
  if (values.size() != texts.size() || (has_top && tops.size() != texts.size())) {
    fail("", fmt::format("{} tokens, {} values and {} lists of rivals", texts.size(),
                         values.size(), has_top ? tops.size() : 0),
         "lists of one length");
  }
  const std::size_t begin = tokens.size();
  std::size_t i = 0;
  for (const dom::element element : texts) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS)
      fail(fmt::format(".tokens[{}]", i), element, "text");
    RankedToken own = named(text);
    ScoredToken& token = tokens.emplace_back();
    token.id = own.id;
    token.text = std::move(own.text);
    ++i;
  }
  i = begin;
  for (const dom::element value : values) {
    tokens[i].logprob = logprob_of(value, fmt::format(".token_logprobs[{}]", i - begin));
    ++i;
  }
  if (!has_top) return;
  i = begin;
  for (const dom::element top : tops) {
    read_top_map(top, fmt::format(".top_logprobs[{}]", i - begin), tokens[i].top);
    ++i;
  }
}

void read_any(const dom::element& element, std::vector<ScoredToken>& tokens) {
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) fail("", element, "an object");
  dom::array list;
  if (find_list(object, "content", list)) return read_content(list, tokens);
  if (find_list(object, "tokens", list)) return read_lists(object, list, tokens);
  // A chunk without a token, as some servers write it: {"content":null}, or all lists null.
  dom::element ignored;
  for (const char* key : {"content", "tokens"}) {
    if (object.at_key(key).get(ignored) == simdjson::SUCCESS) return;
  }
  fail("", element, "content, or tokens");
}

}  // namespace

std::string read_logprobs(const dom::object& choice, std::vector<ScoredToken>& tokens) {
  dom::element element;
  if (choice.at_key("logprobs").get(element) != simdjson::SUCCESS || element.is_null()) return {};
  const std::size_t before = tokens.size();
  try {
    read_any(element, tokens);
  } catch (const Broken& broken) {
    tokens.resize(before);
    return broken.line;
  }
  return {};
}

}  // namespace abgate::sse
