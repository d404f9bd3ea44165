#include "dataset/conversations.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "dataset/json_rows.hpp"

namespace abgate::dataset {

namespace {

struct RoleName {
  std::string_view seen;
  std::string_view role;
};
/// ShareGPT names the model by its product.
constexpr std::array<RoleName, 9> kRoles = {{{"human", "user"},
                                             {"user", "user"},
                                             {"gpt", "assistant"},
                                             {"assistant", "assistant"},
                                             {"chatgpt", "assistant"},
                                             {"bing", "assistant"},
                                             {"bard", "assistant"},
                                             {"model", "assistant"},
                                             {"system", "system"}}};

Turn turn_of(const JsonRow& row) {
  const bool share_gpt = row.has("from");
  const char* name = share_gpt ? "from" : "role";
  const std::string seen = row.text(name, true);
  const auto* const it = std::find_if(kRoles.begin(), kRoles.end(),
                                      [&](const RoleName& r) { return r.seen == seen; });
  if (it == kRoles.end()) {
    row.fail(name, seen, share_gpt ? "human, gpt or system" : "user, assistant or system");
  }
  return {std::string(it->role), row.text(share_gpt ? "value" : "content", true)};
}

const char* list_of(const JsonRow& row) {
  for (const char* key : {"conversations", "conversation", "messages", "items"}) {
    if (row.has(key)) return key;
  }
  row.fail("conversations", "nothing", "a list of turns");
}

/// Empty if no user says anything.
std::vector<Turn> turns_of(const JsonRow& row) {
  std::vector<Turn> turns;
  bool user = false, said = false;
  for (const JsonRow& entry : row.objects(list_of(row))) {
    Turn turn = turn_of(entry);
    user = user || turn.role == "user";
    said = said || (turn.role == "user" && !turn.content.empty());
    if (user || turn.role == "system") turns.push_back(std::move(turn));
  }
  if (!said) turns.clear();
  return turns;
}

}  // namespace

ConversationCounts for_each_conversation(
    const std::string& path, const std::function<bool(Conversation)>& on_conversation) {
  ConversationCounts counts;
  JsonRows rows(path);
  while (const auto row = rows.next()) {
    ++counts.read;
    Conversation conversation{row->has("id") ? row->label("id") : std::to_string(counts.read),
                              turns_of(*row)};
    if (conversation.turns.empty()) {
      ++counts.skipped;
    } else if (!on_conversation(std::move(conversation))) {
      return counts;
    }
  }
  if (counts.read == 0) throw DataError({path}, "", "an empty file", "conversations");
  return counts;
}

}  // namespace abgate::dataset
