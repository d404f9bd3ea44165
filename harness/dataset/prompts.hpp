#pragma once
// A file of prompts: JSON Lines (or one array) with little in each row.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dataset/conversations.hpp"

namespace abgate::dataset {

struct PromptRow {
  std::string id;              ///< the file's, else the number of its row
  std::string prompt;          ///< empty if there are messages
  std::vector<Turn> messages;  ///< empty if there is a prompt
  std::optional<int> output_tokens;
};

/// Calls `on_prompt` for each row until it returns false; returns how many it was called for. A row
/// has "prompt" or "messages" ({"role": user | assistant | system, "content": …}), and may have
/// "id", and "output_tokens", "output_len" or "max_tokens"; other fields are ignored. Plain or gz;
/// memory holds the ids only. Throws DataError with the row, also on an id that is used twice and on
/// a file without rows.
std::size_t for_each_prompt(const std::string& path,
                            const std::function<bool(PromptRow)>& on_prompt);

}  // namespace abgate::dataset
