#pragma once
// A prompt suite: the items that load and quality send. On disk: JSONL, a header line then one item
// a line (prompts/README.md); `quality` reads and checks it.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace abgate {

enum class ItemKind { completion, fim, chat };

struct SuiteItem {
  std::string id;
  std::string cluster;   ///< items that share a source (file, problem): the unit of independence
  std::string category;  ///< e.g. "algorithm", "fim-line"
  std::string language;  ///< "python", "cpp", "javascript", "typescript", "go", "rust", "java",
                         ///< "bash", "sql"
  ItemKind kind = ItemKind::completion;
  std::string prompt;                                         ///< completion: the text to continue
  std::string prefix;                                         ///< fim
  std::string suffix;                                         ///< fim
  std::vector<std::pair<std::string, std::string>> messages;  ///< chat: role, content
  std::string reference;                                      ///< what a perfect answer is
  std::string tests;  ///< program text that checks the completed program; empty: not executable
  std::string entry_point;
  std::vector<std::string> stop;  ///< cut client-side
  int max_tokens = 0;             ///< 0: the scenario's
};

struct Suite {
  std::string name;
  std::string path;
  std::string hash;  ///< of the file's bytes, 16 hex digits
  std::string licence;
  std::vector<SuiteItem> items;
};

std::string_view to_string(ItemKind kind);

}  // namespace abgate
