#include "sse/delta.hpp"

#include <simdjson.h>

#include <algorithm>

#include "sse/answer_logprobs.hpp"
#include "sse/event_fields.hpp"
#include "sse/utf8.hpp"

namespace abgate::sse {

namespace dom = simdjson::dom;

namespace {

/// The string under `key`; empty where it is absent, null or something else.
std::string_view string_at(const dom::object& object, std::string_view key) {
  std::string_view value;
  if (object.at_key(key).get(value) != simdjson::SUCCESS) return {};
  return value;
}

/// A count under `key`; servers write 7 and 7.0. Negative and huge values are no counts.
std::optional<std::int64_t> count_at(const dom::object& object, std::string_view key) {
  std::int64_t value = 0;
  if (object.at_key(key).get(value) == simdjson::SUCCESS) {
    return value >= 0 ? std::optional(value) : std::nullopt;
  }
  double real = 0;
  if (object.at_key(key).get(real) == simdjson::SUCCESS && real >= 0 && real < 1e15) {
    return static_cast<std::int64_t>(real);
  }
  return std::nullopt;
}

std::string as_text(const dom::element& element) {
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) return std::string(text);
  if (element.is_null()) return {};
  return simdjson::minify(element);
}

bool add(std::string_view part, std::string& text) {
  text.append(part);
  return !part.empty();
}

/// `content`: a string, or parts of which some have text.
bool add_content(const dom::object& object, std::string& text) {
  dom::array parts;
  if (object.at_key("content").get(parts) != simdjson::SUCCESS) {
    return add(string_at(object, "content"), text);
  }
  bool payload = false;
  for (const dom::element part : parts) {
    dom::object fields;
    if (part.get(fields) == simdjson::SUCCESS) payload |= add(string_at(fields, "text"), text);
  }
  return payload;
}

bool add_call(const dom::object& call, std::string& text) {
  const bool named = !string_at(call, "name").empty();
  return add(string_at(call, "arguments"), text) || named;
}

bool add_tool_calls(const dom::object& message, std::string& text) {
  bool payload = false;
  dom::object function;
  if (message.at_key("function_call").get(function) == simdjson::SUCCESS) {
    payload |= add_call(function, text);
  }
  dom::array calls;
  if (message.at_key("tool_calls").get(calls) != simdjson::SUCCESS) return payload;
  for (const dom::element call : calls) {
    if (call.at_key("function").get(function) == simdjson::SUCCESS) {
      payload |= add_call(function, text);
    }
  }
  return payload;
}

bool add_message(const dom::object& message, std::string& text) {
  bool payload = add_content(message, text);
  payload |= !string_at(message, "reasoning").empty();
  payload |= !string_at(message, "reasoning_content").empty();
  payload |= add_tool_calls(message, text);
  return payload;
}

/// The API's own place of the text first; the other one for servers that mix them up.
bool add_choice(const dom::object& choice, bool chat, std::string& text) {
  const auto plain = [&] { return add(string_at(choice, "text"), text); };
  const auto message = [&] {
    dom::object fields;
    for (const std::string_view key : {"delta", "message"}) {
      if (choice.at_key(key).get(fields) == simdjson::SUCCESS && add_message(fields, text))
        return true;
    }
    return false;
  };
  return chat ? message() || plain() : plain() || message();
}

void read_choices(const dom::object& object, bool chat, Delta& delta, std::string& text) {
  dom::array choices;
  if (object.at_key("choices").get(choices) != simdjson::SUCCESS) return;
  for (const dom::element element : choices) {
    dom::object choice;
    if (element.get(choice) != simdjson::SUCCESS) continue;
    if (count_at(choice, "index").value_or(0) != 0) continue;  // one answer is asked for
    delta.choice = true;
    delta.payload |= add_choice(choice, chat, text);
    const std::string_view reason = string_at(choice, "finish_reason");
    if (!reason.empty()) delta.finish_reason = reason;
    if (delta.tokens != nullptr) delta.token_error = read_logprobs(choice, *delta.tokens);
  }
}

void read_usage(const dom::object& object, Delta& delta) {
  dom::object fields;
  if (object.at_key("usage").get(fields) != simdjson::SUCCESS) return;
  const auto prompt = count_at(fields, "prompt_tokens");
  const auto completion = count_at(fields, "completion_tokens");
  if (!prompt && !completion) return;
  delta.usage = Usage{prompt.value_or(0), completion.value_or(0), std::nullopt};
  dom::object details;
  if (fields.at_key("prompt_tokens_details").get(details) == simdjson::SUCCESS) {
    delta.usage->cached_tokens = count_at(details, "cached_tokens");
  }
}

std::string text_at(const dom::object& object, std::string_view key) {
  dom::element element;
  return object.at_key(key).get(element) == simdjson::SUCCESS ? as_text(element) : std::string();
}

ApiError envelope(const dom::object& error) {
  return {text_at(error, "type"), text_at(error, "code"), text_at(error, "message")};
}

bool has_key(const dom::object& object, std::string_view key) {
  dom::element element;
  return object.at_key(key).get(element) == simdjson::SUCCESS && !element.is_null();
}

std::optional<ApiError> find_error(const dom::object& object) {
  dom::element error;
  if (object.at_key("error").get(error) == simdjson::SUCCESS && !error.is_null()) {
    dom::object fields;
    if (error.get(fields) == simdjson::SUCCESS) {
      ApiError found = envelope(fields);
      if (found.message.empty() && found.type.empty()) found.message = as_text(error);
      return found;
    }
    bool flag = true;
    if (error.get(flag) == simdjson::SUCCESS && !flag) return std::nullopt;
    return ApiError{text_at(object, "error_type"), text_at(object, "code"), as_text(error)};
  }
  if (has_key(object, "choices")) return std::nullopt;
  if (string_at(object, "object") == "error" || has_key(object, "message")) return envelope(object);
  if (has_key(object, "detail")) return ApiError{{}, {}, text_at(object, "detail")};
  return std::nullopt;
}

}  // namespace

struct DeltaReader::Parser {
  dom::parser json;
  std::string padded;  ///< copy of a document with room after it
  std::string fixed;   ///< copy of a document that was repaired

  bool parse(std::string_view text, std::size_t readable, dom::element& document) {
    if (readable < simdjson::SIMDJSON_PADDING) {
      padded.assign(text).append(simdjson::SIMDJSON_PADDING, ' ');
      text = std::string_view(padded).substr(0, text.size());
    }
    return json.parse(text.data(), text.size(), false).get(document) == simdjson::SUCCESS;
  }

  Status parse_or_repair(std::string_view text, std::size_t readable, dom::element& document) {
    if (parse(text, readable, document)) return Status::ok;
    std::string utf8;
    bool repaired = append_repaired_utf8(text, utf8);
    fixed.clear();
    repaired = append_repaired_escapes(utf8, fixed) || repaired;
    return repaired && parse(fixed, 0, document) ? Status::repaired : Status::malformed;
  }
};

DeltaReader::DeltaReader() : parser_(std::make_unique<Parser>()) {}
DeltaReader::~DeltaReader() = default;

DeltaReader::Status DeltaReader::read(std::string_view json, std::size_t readable, bool chat,
                                      Delta& delta, std::string& text) {
  dom::element document;
  const Status status = parser_->parse_or_repair(json, readable, document);
  dom::object object;
  if (status == Status::malformed || document.get(object) != simdjson::SUCCESS) {
    return Status::malformed;
  }
  read_choices(object, chat, delta, text);
  read_usage(object, delta);
  delta.error = find_error(object);
  return status;
}

std::optional<ApiError> DeltaReader::read_error(std::string_view body, bool always) {
  dom::element document;
  dom::object object;
  const bool json = parser_->parse_or_repair(body, 0, document) != Status::malformed;
  if (json && document.get(object) == simdjson::SUCCESS) {
    if (auto error = find_error(object)) return error;
  }
  if (!always) return std::nullopt;
  ApiError error;
  append_repaired_utf8(trim(body), error.message);
  return error;
}

}  // namespace abgate::sse
