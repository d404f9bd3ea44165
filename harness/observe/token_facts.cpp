#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "observe/facts.hpp"

namespace abgate::observe {

void read_token_facts(ServerFacts& facts, const ArmConfig& config,
                      const std::vector<std::string>& prompts, Fetcher& fetcher,
                      std::stop_token stop) {
  if (prompts.empty()) return;
  const std::string url = server_root(config.url) + "/tokenize";
  std::string ids;
  std::size_t tokens = 0;
  for (const std::string& prompt : prompts) {
    FetchRequest request = request_to(config, url);
    // vLLM and SGLang read "prompt", llama.cpp reads "content"; each ignores the other.
    nlohmann::json body{{"prompt", prompt}, {"content", prompt}};
    if (!facts.model.empty()) body["model"] = facts.model;
    request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const FetchResult result = fetcher.get(request, stop);
    if (!result.ok()) return;
    try {
      const auto answer = parse_tokenize(result.body, url);
      for (const std::int64_t id : answer) ids += std::to_string(id) + ',';
      ids += ';';
      tokens += answer.size();
    } catch (const DataError&) {
      return;  // another server's idea of /tokenize: nothing is known, which is what absent says
    }
  }
  facts.token_ids_hash = fmt::format("{:016x}", fnv1a(ids));
  facts.prompt_tokens_mean = static_cast<double>(tokens) / static_cast<double>(prompts.size());
}

}  // namespace abgate::observe
