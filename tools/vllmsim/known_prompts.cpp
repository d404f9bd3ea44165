#include "quality/suite.hpp"
#include "vllmsim/planted.hpp"

namespace abgate::sim {

std::vector<KnownPrompt> load_known_prompts(const std::string& suite_path) {
  const quality::FimTemplate* fim = quality::find_fim_template("qwen2.5-coder");
  std::vector<KnownPrompt> prompts;
  for (const SuiteItem& item : quality::load_suite(suite_path).items) {
    const bool chat = item.kind == ItemKind::chat;
    prompts.push_back({item.id, item.category,
                       chat ? chat_key(item.messages) : quality::render_prompt(item, *fim),
                       item.reference});
  }
  return prompts;
}

}  // namespace abgate::sim
