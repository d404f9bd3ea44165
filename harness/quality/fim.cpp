// Fill-in-the-middle formats of the model families, from their model cards and tokenizer files.

#include <array>

#include "core/error.hpp"
#include "quality/suite.hpp"

namespace abgate::quality {

namespace {

const std::array<FimTemplate, 6>& fim_templates() {
  static const std::array<FimTemplate, 6> table{{
      // fim_pad and file_sep must be among the stops: the models run on past them.
      {"qwen2.5-coder",
       "<|fim_prefix|>",
       "<|fim_suffix|>",
       "<|fim_middle|>",
       {"<|endoftext|>", "<|fim_pad|>", "<|file_sep|>", "<|repo_name|>", "<|fim_prefix|>",
        "<|fim_suffix|>", "<|fim_middle|>", "<|im_start|>", "<|im_end|>"}},
      // Full-width bars (U+FF5C) and U+2581, not ASCII.
      {"deepseek-coder",
       "<｜fim▁begin｜>",
       "<｜fim▁hole｜>",
       "<｜fim▁end｜>",
       {"<｜end▁of▁sentence｜>", "<|EOT|>", "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"}},
      {"starcoder2",
       "<fim_prefix>",
       "<fim_suffix>",
       "<fim_middle>",
       {"<|endoftext|>", "<file_sep>", "<repo_name>", "<fim_prefix>", "<fim_suffix>",
        "<fim_middle>"}},
      // Text form of [PRE] P [SUF] S [MID]; the blanks belong to the format.
      {"codellama", "<PRE> ", " <SUF>", " <MID>", {"<EOT>", "</s>"}},
      // Suffix first: [SUFFIX] S [PREFIX] P, nothing after the prefix.
      {"codestral", "[PREFIX]", "[SUFFIX]", "", {"</s>", "[PREFIX]", "[SUFFIX]"}, true},
      {"codegemma",
       "<|fim_prefix|>",
       "<|fim_suffix|>",
       "<|fim_middle|>",
       {"<|file_separator|>", "<end_of_turn>", "<eos>", "<|fim_prefix|>", "<|fim_suffix|>",
        "<|fim_middle|>"}},
  }};
  return table;
}

}  // namespace

const FimTemplate* find_fim_template(std::string_view id) {
  for (const FimTemplate& t : fim_templates()) {
    if (t.id == id) return &t;
  }
  return nullptr;
}

std::string render_prompt(const SuiteItem& item, const FimTemplate& fim) {
  if (item.kind == ItemKind::completion) return item.prompt;
  if (item.kind == ItemKind::chat) {
    throw DataError({}, item.id, "a chat item", "a completion or fim item for the completions API");
  }
  std::string out;
  const auto add = [&](std::string_view a, std::string_view b) { out.append(a).append(b); };
  if (fim.suffix_first) {
    add(fim.suffix, item.suffix);
    add(fim.prefix, item.prefix);
  } else {
    add(fim.prefix, item.prefix);
    add(fim.suffix, item.suffix);
  }
  return out.append(fim.middle);
}

}  // namespace abgate::quality
