#include "vllmsim/api_request.hpp"

#include "vllmsim/json_reader_impl.hpp"

namespace abgate::sim {

namespace {

void read_prompt(Reader& reader, ApiRequest& request) {
  const Json* prompt = reader.find("prompt");
  if (prompt == nullptr) {
    return reader.value_error("At least one of `prompt` or `prompt_embeds` must be set.");
  }
  if (prompt->is_array() && prompt->size() == 1 &&
      (prompt->front().is_string() || prompt->front().is_array())) {
    prompt = &prompt->front();
  }
  if (prompt->is_string()) {
    request.prompt = prompt->get<std::string>();
    if (request.prompt.empty())
      request.deferred = bad_request("The decoder prompt cannot be empty");
    return;
  }
  if (!prompt->is_array() || prompt->empty()) {
    return reader.fail("string_type", "prompt", "Input should be a valid string", *prompt);
  }
  if (!prompt->front().is_number()) {
    request.deferred = bad_request("several prompts in one request are not simulated");
    return;
  }
  request.prompt_ids.emplace();
  reader.ids_of("prompt", *prompt, *request.prompt_ids);
}

void read_messages(Reader& reader, ApiRequest& request) {
  const Json* messages = reader.find("messages");
  if (messages == nullptr || !messages->is_array() || messages->empty()) {
    return reader.fail(messages == nullptr ? "missing" : "list_type", "messages",
                       messages == nullptr ? "Field required" : "Input should be a valid list",
                       messages == nullptr ? Json::object() : *messages);
  }
  for (const Json& message : *messages) {
    if (!message.is_object() || !message.contains("role") || !message["role"].is_string()) {
      return reader.fail("missing", "messages", "Field required", message);
    }
    std::string content;
    const Json body = message.value("content", Json());
    if (body.is_string()) content = body.get<std::string>();
    for (const Json& part : body.is_array() ? body : Json::array()) {
      if (part.is_object() && part.contains("text") && part["text"].is_string()) {
        content += (content.empty() ? "" : "\n") + part["text"].get<std::string>();
      }
    }
    request.messages.emplace_back(message["role"].get<std::string>(), std::move(content));
  }
}

void read_stream_options(Reader& reader, ApiRequest& request) {
  const Json* options = reader.find("stream_options");
  if (options == nullptr) return;
  if (!request.stream)
    return reader.value_error("Stream options can only be defined when `stream=True`.");
  if (!options->is_object()) {
    return reader.fail("model_attributes_type", "stream_options",
                       "Input should be a valid dictionary or object to extract fields from",
                       *options);
  }
  request.include_usage = true;  // the default inside a given object
  Reader inner(*options);
  inner.boolean("include_usage", request.include_usage);
  inner.boolean("continuous_usage_stats", request.continuous_usage);
  request.continuous_usage = request.continuous_usage && request.include_usage;
  if (inner.error_) reader.set(*inner.error_);
}

void read_logprobs(Reader& reader, ApiRequest& request) {
  if (request.api == Api::completions) {
    reader.integer("logprobs", request.logprobs);
  } else {
    bool wanted = false;
    int top = 0;
    reader.boolean("logprobs", wanted);
    reader.integer("top_logprobs", top);
    if (top != 0 && !wanted) {
      reader.value_error("when using `top_logprobs`, `logprobs` must be set to true.");
    }
    if (wanted) request.logprobs = top;
  }
  reader.integer("prompt_logprobs", request.prompt_logprobs);
  if (request.logprobs && *request.logprobs < 0)
    reader.value_error("`logprobs` must be a positive value.");
  if (!request.prompt_logprobs) return;
  if (request.stream && *request.prompt_logprobs != 0) {
    reader.value_error("`prompt_logprobs` are not available when `stream=True`.");
  }
}

struct Sampling {
  double top_p = 1, min_p = 0, presence = 0, frequency = 0, repetition = 1;
  std::int64_t top_k = 0, n = 1;
};

/// SamplingParams._verify_args, in its order.
std::optional<std::string> sampling_error(const ApiRequest& request, const Sampling& s,
                                          int max_logprobs) {
  const auto f = [](double x) { return python_repr(x); };
  if (s.n < 1) return fmt::format("n must be at least 1, got {}.", s.n);
  if (!(s.presence >= -2 && s.presence <= 2))
    return "presence_penalty must be in [-2, 2], got " + f(s.presence) + ".";
  if (!(s.frequency >= -2 && s.frequency <= 2))
    return "frequency_penalty must be in [-2, 2], got " + f(s.frequency) + ".";
  if (s.repetition <= 0)
    return "repetition_penalty must be greater than zero, got " + f(s.repetition) + ".";
  if (request.temperature < 0)
    return "temperature must be non-negative, got " + f(request.temperature) + ".";
  if (!(s.top_p > 0 && s.top_p <= 1)) return "top_p must be in (0, 1], got " + f(s.top_p) + ".";
  if (s.top_k < -1)
    return fmt::format("top_k must be 0 (disable), or at least 1, got {}.", s.top_k);
  if (!(s.min_p >= 0 && s.min_p <= 1)) return "min_p must be in [0, 1], got " + f(s.min_p) + ".";
  const bool hidden_token =
      request.api == Api::completions && request.echo && request.max_tokens == 0;
  if (request.max_tokens && *request.max_tokens < 1 && !hidden_token) {
    return fmt::format("max_tokens must be at least 1, got {}.", *request.max_tokens);
  }
  if (request.min_tokens < 0) {
    return fmt::format("min_tokens must be greater than or equal to 0, got {}.",
                       request.min_tokens);
  }
  if (request.max_tokens && request.min_tokens > *request.max_tokens && !hidden_token) {
    return fmt::format("min_tokens must be less than or equal to max_tokens={}, got {}.",
                       *request.max_tokens, request.min_tokens);
  }
  for (const std::string& stop : request.stop) {
    if (stop.empty()) return "stop cannot contain an empty string.";
  }
  if (s.n > 1 && request.temperature < 1e-5) {
    return fmt::format("n must be 1 when using greedy sampling, got {}.", s.n);
  }
  if (request.logprobs && *request.logprobs > max_logprobs) {
    return fmt::format("Requested sample logprobs of {}, which is greater than max allowed: {}",
                       *request.logprobs, max_logprobs);
  }
  if (request.prompt_logprobs && *request.prompt_logprobs > max_logprobs) {
    return fmt::format("Requested prompt logprobs of {}, which is greater than max allowed: {}",
                       *request.prompt_logprobs, max_logprobs);
  }
  if (s.n > 1) return "n > 1 is not simulated";
  return std::nullopt;
}

void read_sampling(Reader& reader, ApiRequest& request, int max_logprobs) {
  Sampling s;
  reader.number("temperature", request.temperature);
  reader.number("top_p", s.top_p);
  reader.number("min_p", s.min_p);
  reader.number("presence_penalty", s.presence);
  reader.number("frequency_penalty", s.frequency);
  reader.number("repetition_penalty", s.repetition);
  reader.integer("top_k", s.top_k);
  reader.integer("n", s.n);
  std::int64_t seed = 0;
  reader.integer("seed", seed);
  reader.integer("min_tokens", request.min_tokens);
  reader.boolean("ignore_eos", request.ignore_eos);
  reader.texts("stop", request.stop);
  reader.ids("stop_token_ids", request.stop_token_ids);
  reader.boolean("include_stop_str_in_output", request.include_stop);
  reader.integer("max_tokens", request.max_tokens);
  if (request.api == Api::chat) {
    std::int64_t newer = 0;
    reader.integer("max_completion_tokens", newer);
    if (newer != 0) request.max_tokens = newer;
  } else if (reader.has_null("max_tokens")) {
    request.max_tokens_null = true;
  } else if (!request.max_tokens) {
    request.max_tokens = 16;
  }
  const auto message = sampling_error(request, s, max_logprobs);
  if (message && !request.deferred) request.deferred = bad_request(*message);
}

}  // namespace

std::variant<ApiRequest, ApiError> parse_api_request(Api api, std::string_view body,
                                                     int max_logprobs) {
  auto parsed = parse_object(body);
  if (auto* error = std::get_if<ApiError>(&parsed)) return std::move(*error);
  const Json& json = std::get<Json>(parsed);
  ApiRequest request;
  request.api = api;
  Reader reader(json);
  reader.text("model", request.model);
  reader.boolean("stream", request.stream);
  reader.boolean("echo", request.echo);
  if (api == Api::chat) {
    read_messages(reader, request);
  } else {
    read_prompt(reader, request);
    request.suffix = reader.find("suffix") != nullptr;
  }
  read_stream_options(reader, request);
  read_logprobs(reader, request);
  reader.boolean("return_token_ids", request.return_token_ids);
  reader.boolean("return_tokens_as_token_ids", request.tokens_as_ids);
  reader.text("request_id", request.request_id);
  reader.text("cache_salt", request.cache_salt);
  if (reader.find("cache_salt") != nullptr && request.cache_salt.empty()) {
    reader.value_error("Parameter 'cache_salt' must be a non-empty string if provided.");
  }
  read_sampling(reader, request, max_logprobs);
  if (reader.error_) return *reader.error_;
  return request;
}

std::string render_chat(const std::vector<std::pair<std::string, std::string>>& messages) {
  std::string out;
  if (messages.empty() || messages.front().first != "system") {
    out +=
        "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful "
        "assistant.<|im_end|>\n";
  }
  for (const auto& [role, content] : messages) {
    out += "<|im_start|>" + role + "\n" + content + "<|im_end|>\n";
  }
  return out + "<|im_start|>assistant\n";
}

std::optional<ApiError> check_length(ApiRequest& request, std::int64_t prompt_tokens,
                                     std::int64_t max_model_len) {
  const std::int64_t wanted = request.max_tokens.value_or(0);
  const std::string_view what = "Please reduce the length of the input messages.";
  if (request.api == Api::completions) {
    if (prompt_tokens > max_model_len - wanted) {
      return bad_request(
          fmt::format("This model's maximum context length is {} tokens. However, your request has "
                      "{} input tokens. {}",
                      max_model_len - wanted, prompt_tokens, what));
    }
    if (prompt_tokens == max_model_len) {
      return bad_request(
          fmt::format("The decoder prompt (length {0}) plus the number of requested output tokens "
                      "(at least 1) is "
                      "longer than the maximum model length of {1}. Make sure that `max_model_len` "
                      "is no smaller than "
                      "the number of text tokens.",
                      prompt_tokens, max_model_len));
    }
  } else {
    if (prompt_tokens >= max_model_len) {
      return bad_request(
          fmt::format("This model's maximum context length is {} tokens. However, your request has "
                      "{} input tokens. {} None",
                      max_model_len, prompt_tokens, what));
    }
    if (request.max_tokens && prompt_tokens + wanted > max_model_len) {
      return bad_request(
          fmt::format("'max_tokens' or 'max_completion_tokens' is too large: {0}. This model's "
                      "maximum context length "
                      "is {1} tokens and your request has {2} input tokens ({0} > {1} - {2}). None",
                      wanted, max_model_len, prompt_tokens));
    }
  }
  if (!request.max_tokens) request.max_tokens = max_model_len - prompt_tokens;
  return std::nullopt;
}

std::variant<TokenizeRequest, ApiError> parse_tokenize(std::string_view body) {
  auto parsed = parse_object(body);
  if (auto* error = std::get_if<ApiError>(&parsed)) return std::move(*error);
  const Json& json = std::get<Json>(parsed);
  Reader reader(json);
  TokenizeRequest request;
  reader.boolean("return_token_strs", request.token_strings);
  if (reader.find("messages") != nullptr) {
    ApiRequest chat;
    read_messages(reader, chat);
    request.text = render_chat(chat.messages);
  } else {
    if (reader.find("prompt") == nullptr) reader.fail("missing", "prompt", "Field required", json);
    reader.text("prompt", request.text);
  }
  if (reader.error_) return *reader.error_;
  return request;
}

std::variant<TokenizeRequest, ApiError> parse_detokenize(std::string_view body) {
  auto parsed = parse_object(body);
  if (auto* error = std::get_if<ApiError>(&parsed)) return std::move(*error);
  const Json& json = std::get<Json>(parsed);
  Reader reader(json);
  TokenizeRequest request;
  if (reader.find("tokens") == nullptr) reader.fail("missing", "tokens", "Field required", json);
  reader.ids("tokens", request.ids);
  if (reader.error_) return *reader.error_;
  return request;
}

}  // namespace abgate::sim
