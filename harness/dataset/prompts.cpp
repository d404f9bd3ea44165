#include "dataset/prompts.hpp"

#include <fmt/format.h>

#include <unordered_map>

#include "core/error.hpp"
#include "dataset/fields.hpp"
#include "dataset/json_rows.hpp"

namespace abgate::dataset {

namespace {

std::vector<Turn> messages_of(const JsonRow& row) {
  std::vector<Turn> out;
  for (auto& [role, content] : row.messages("messages")) {
    if (role != "user" && role != "assistant" && role != "system") {
      row.fail("messages", "the role " + role, "user, assistant or system");
    }
    out.push_back({std::move(role), std::move(content)});
  }
  return out;
}

PromptRow prompt_of(const JsonRow& row, std::size_t number) {
  PromptRow out;
  out.id = row.has("id") ? row.label("id") : std::to_string(number);
  const bool chat = row.has("messages");
  if (chat && row.has("prompt")) row.fail("messages", "prompt and messages", "one of them");
  if (!chat && !row.has("prompt")) row.fail("prompt", "nothing", "prompt or messages");
  if (chat) {
    out.messages = messages_of(row);
  } else {
    out.prompt = row.text("prompt", true, false);
  }
  for (const char* key : {"output_tokens", "output_len", "max_tokens"}) {
    if (!row.has(key)) continue;
    out.output_tokens = row.whole(key, 1, kMaxTokens);
    break;
  }
  return out;
}

}  // namespace

std::size_t for_each_prompt(const std::string& path,
                            const std::function<bool(PromptRow)>& on_prompt) {
  std::unordered_map<std::string, int> seen;
  std::size_t count = 0;
  JsonRows rows(path);
  while (const auto row = rows.next()) {
    ++count;
    PromptRow prompt = prompt_of(*row, count);
    const auto [it, fresh] = seen.emplace(prompt.id, row->place().line);
    if (!fresh) {
      row->fail("id", fmt::format("{}, as in row {}", prompt.id, it->second),
                "an id that is used once");
    }
    if (!on_prompt(std::move(prompt))) return count;
  }
  if (count == 0) throw DataError({path}, "", "an empty file", "rows with prompt or messages");
  return count;
}

}  // namespace abgate::dataset
