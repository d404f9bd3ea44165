#pragma once
// Conversations of several turns: ShareGPT and its kin.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace abgate::dataset {

struct Turn {
  std::string role;  ///< "user", "assistant" or "system"
  std::string content;
};

struct Conversation {
  std::string id;  ///< the file's, else the number of its row; not checked for duplicates
  std::vector<Turn> turns;
};

struct ConversationCounts {
  std::size_t read = 0;
  std::size_t skipped = 0;  ///< of those: no user says anything
};

/// Calls `on_conversation` for each conversation of a file in which a user says something, until it
/// returns false. JSON Lines or one array, plain or gz, in constant memory. An object has
/// "conversations" (or "conversation", "messages", "items"), a list of turns {"from": human | gpt |
/// system, "value": …} or {"role": user | assistant | system, "content": …}. Answers in front of the
/// first user turn (ShareGPT's files cut long conversations) are left out. Throws DataError with the
/// row, also on a file without any conversation.
ConversationCounts for_each_conversation(
    const std::string& path, const std::function<bool(Conversation)>& on_conversation);

}  // namespace abgate::dataset
