#include "vllmsim/wire.hpp"

#include <fmt/format.h>

#include <iterator>

#include "vllmsim/json_text.hpp"

namespace abgate::sim {

namespace {

std::string or_null(const std::string& json) {
  return json.empty() ? "null" : json;
}

void append_finish(std::string& out, Finish finish) {
  if (finish == Finish::none) {
    out += "null";
  } else {
    append_json(out, to_string(finish));
  }
}

void append_ids(std::string& out, const std::optional<std::span<const TokenId>>& ids) {
  if (ids) {
    append_json(out, *ids);
  } else {
    out += "null";
  }
}

std::string usage_counts(const WireUsage& usage) {
  return fmt::format(R"("prompt_tokens":{},"total_tokens":{},"completion_tokens":{})", usage.prompt,
                     usage.prompt + usage.completion, usage.completion);
}

std::string details(const WireUsage& usage) {
  return usage.cached > 0 ? fmt::format(R"({{"cached_tokens":{}}})", usage.cached) : "null";
}

}  // namespace

ChunkWriter::ChunkWriter(const ResponseHead& head) : api_(head.api) {
  prefix_ = R"(data: {"id":)";
  append_json(prefix_, head.id);
  prefix_ += head.api == Api::chat ? R"(,"object":"chat.completion.chunk")"
                                   : R"(,"object":"text_completion")";
  prefix_ += fmt::format(R"(,"created":{},"model":)", head.created);
  append_json(prefix_, head.model);
  prefix_ += R"(,"choices":[)";
}

void ChunkWriter::append(std::string& out, const Delta& delta) const {
  out += prefix_;
  if (api_ == Api::chat) {
    append_chat(out, delta);
  } else {
    append_completions(out, delta);
  }
  out += "}\n\n";
}

void ChunkWriter::append_completions(std::string& out, const Delta& delta) const {
  out += R"({"index":0,"text":)";
  append_json(out, delta.text);
  out += R"(,"logprobs":)" + or_null(delta.logprobs) + R"(,"finish_reason":)";
  append_finish(out, delta.finish);
  out += R"(,"stop_reason":)" + or_null(delta.stop_reason) + R"(,"prompt_token_ids":)";
  append_ids(out, delta.prompt_token_ids);
  out += R"(,"token_ids":)";
  append_ids(out, delta.token_ids);
  out += R"(}],"usage":)";
  out +=
      delta.usage ? "{" + usage_counts(*delta.usage) + R"(,"prompt_tokens_details":null})" : "null";
}

void ChunkWriter::append_chat(std::string& out, const Delta& delta) const {
  out += R"({"index":0,"delta":{"content":)";
  append_json(out, delta.text);
  out += R"(,"reasoning_content":null},"logprobs":)" + or_null(delta.logprobs) +
         R"(,"finish_reason":)";
  append_finish(out, delta.finish);
  if (delta.finish != Finish::none) out += R"(,"stop_reason":)" + or_null(delta.stop_reason);
  out += R"(,"token_ids":)";
  append_ids(out, delta.token_ids);
  out += "}]";
  if (delta.usage) out += R"(,"usage":{)" + usage_counts(*delta.usage) + "}";
}

void ChunkWriter::append_role(std::string& out,
                              std::optional<std::span<const TokenId>> prompt_token_ids,
                              const std::optional<WireUsage>& usage) const {
  out += prefix_;
  out += R"({"index":0,"delta":{"role":"assistant","content":"","reasoning_content":null},)"
         R"("logprobs":null,"finish_reason":null}])";
  if (usage) out += R"(,"usage":{)" + usage_counts(*usage) + "}";
  out += R"(,"prompt_token_ids":)";
  append_ids(out, prompt_token_ids);
  out += "}\n\n";
}

void ChunkWriter::append_usage(std::string& out, const WireUsage& usage) const {
  out += prefix_ + R"(],"usage":{)" + usage_counts(usage);
  if (usage.cached > 0) out += R"(,"prompt_tokens_details":)" + details(usage);
  out += "}}\n\n";
}

std::string whole_body(const ResponseHead& head, const Whole& whole) {
  const bool chat = head.api == Api::chat;
  std::string out = R"({"id":)";
  append_json(out, head.id);
  out += chat ? R"(,"object":"chat.completion")" : R"(,"object":"text_completion")";
  out += fmt::format(R"(,"created":{},"model":)", head.created);
  append_json(out, head.model);
  out += R"(,"choices":[{"index":0,)";
  out += chat ? R"("message":{"role":"assistant","content":)" : R"("text":)";
  append_json(out, whole.text);
  if (chat) {
    out +=
        R"(,"refusal":null,"annotations":null,"audio":null,"function_call":null,"tool_calls":[],)"
        R"("reasoning":null,"reasoning_content":null})";
  }
  out += R"(,"logprobs":)" + or_null(whole.logprobs) + R"(,"finish_reason":)";
  append_finish(out, whole.finish);
  out += R"(,"stop_reason":)" + or_null(whole.stop_reason) + R"(,"token_ids":)";
  append_ids(out, whole.token_ids);
  if (!chat) {
    out += R"(,"prompt_logprobs":)" + or_null(whole.prompt_logprobs) + R"(,"prompt_token_ids":)";
    append_ids(out, whole.prompt_token_ids);
  }
  out += R"(}],"service_tier":null,"system_fingerprint":null,"usage":{)" +
         usage_counts(whole.usage) + R"(,"prompt_tokens_details":)" + details(whole.usage) + "}";
  if (chat) {
    out += R"(,"prompt_logprobs":)" + or_null(whole.prompt_logprobs) + R"(,"prompt_token_ids":)";
    append_ids(out, whole.prompt_token_ids);
  }
  return out + R"(,"kv_transfer_params":null})";
}

std::string error_body(int status, std::string_view type, std::string_view message) {
  std::string out = R"({"error":{"message":)";
  append_json(out, message);
  out += R"(,"type":)";
  append_json(out, type);
  return out + fmt::format(R"(,"param":null,"code":{}}}}})", status);
}

std::string error_event(int code, std::string_view type, std::string_view message) {
  std::string out = R"(data: {"error": {"message": )";
  append_json_ascii(out, message);
  out += R"(, "type": )";
  append_json_ascii(out, type);
  return out + fmt::format(R"(, "param": null, "code": {}}}}})", code) + "\n\n";
}

std::string models_body(const Profile& profile, std::int64_t created, std::string_view permission) {
  std::string out = R"({"object":"list","data":[{"id":)";
  append_json(out, profile.model.id);
  out += fmt::format(R"(,"object":"model","created":{},"owned_by":"vllm","root":)", created);
  append_json(out, profile.model.root);
  out += fmt::format(
      R"(,"parent":null,"max_model_len":{},"permission":[{{"id":"modelperm-{}","object":"model_permission",)"
      R"("created":{},"allow_create_engine":false,"allow_sampling":true,"allow_logprobs":true,)"
      R"("allow_search_indices":false,"allow_view":true,"allow_fine_tuning":false,"organization":"*",)"
      R"("group":null,"is_blocking":false}}]}}]}})",
      profile.model.max_model_len, permission, created);
  return out;
}

std::string tokenize_body(std::span<const TokenId> ids, std::int64_t max_model_len,
                          std::string_view token_strings) {
  std::string out =
      fmt::format(R"({{"count":{},"max_model_len":{},"tokens":)", ids.size(), max_model_len);
  append_json(out, ids);
  out += R"(,"token_strs":)";
  out += token_strings;
  return out + "}";
}

std::string server_info_body(const Profile& profile) {
  const std::string config = fmt::format(
      "model='{0}', speculative_config=None, tokenizer='{0}', skip_tokenizer_init=False, "
      "tokenizer_mode=auto, revision=None, tokenizer_revision=None, trust_remote_code=False, "
      "dtype=torch.{1}, max_seq_len={2}, download_dir=None, load_format=auto, "
      "tensor_parallel_size=1, "
      "pipeline_parallel_size=1, data_parallel_size=1, disable_custom_all_reduce=False, "
      "quantization={3}, enforce_eager={4}, kv_cache_dtype=auto, device_config=cuda, seed=0, "
      "served_model_name={5}, enable_prefix_caching={6}, chunked_prefill_enabled=True",
      profile.model.root, profile.engine.dtype, profile.model.max_model_len,
      profile.engine.quantization.empty() ? "None" : profile.engine.quantization,
      profile.engine.enforce_eager ? "True" : "False", profile.model.id,
      profile.engine.enable_prefix_caching ? "True" : "False");
  std::string out = R"({"vllm_config":)";
  append_json(out, config);
  return out + "}";
}

}  // namespace abgate::sim
