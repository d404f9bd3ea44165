// Fill-in-the-middle prompts, letter by letter as the families publish them: the model cards and
// tokenizers of Qwen2.5-Coder, DeepSeek-Coder, StarCoder2, CodeLlama (infilling README), Codestral
// (mistral-common encode_fim) and CodeGemma.

#include <algorithm>

#include "catch.hpp"
#include "quality/suite.hpp"

using namespace abgate;
using namespace abgate::quality;

TEST_CASE("Each family's prompt is written as its publisher writes it", "[fim]") {
  SuiteItem item;
  item.kind = ItemKind::fim;
  item.prefix = "def f():\n    ";
  item.suffix = "\n    return x\n";
  const std::string p = item.prefix, s = item.suffix;
  const std::vector<std::pair<std::string, std::string>> expected{
      {"qwen2.5-coder", "<|fim_prefix|>" + p + "<|fim_suffix|>" + s + "<|fim_middle|>"},
      {"deepseek-coder",
       "<\xEF\xBD\x9C"
       "fim\xE2\x96\x81"
       "begin\xEF\xBD\x9C>" +
           p +
           "<\xEF\xBD\x9C"
           "fim\xE2\x96\x81hole\xEF\xBD\x9C>" +
           s +
           "<\xEF\xBD\x9C"
           "fim\xE2\x96\x81"
           "end\xEF\xBD\x9C>"},
      {"starcoder2", "<fim_prefix>" + p + "<fim_suffix>" + s + "<fim_middle>"},
      {"codellama", "<PRE> " + p + " <SUF>" + s + " <MID>"},
      {"codestral", "[SUFFIX]" + s + "[PREFIX]" + p},
      {"codegemma", "<|fim_prefix|>" + p + "<|fim_suffix|>" + s + "<|fim_middle|>"}};
  for (const auto& [id, text] : expected) {
    CAPTURE(id);
    const FimTemplate* fim = find_fim_template(id);
    REQUIRE(fim != nullptr);
    CHECK(render_prompt(item, *fim) == text);
  }
  CHECK(find_fim_template("gpt") == nullptr);
}

TEST_CASE("What ends a family's output is among its stops", "[fim]") {
  const auto stops = [](const char* id, const char* token) {
    const auto& all = find_fim_template(id)->stops;
    return std::find(all.begin(), all.end(), token) != all.end();
  };
  // Without fim_pad and file_sep the Qwen models run on.
  for (const char* token : {"<|endoftext|>", "<|fim_pad|>", "<|file_sep|>", "<|im_end|>"})
    CHECK(stops("qwen2.5-coder", token));
  for (const char* token : {"<|endoftext|>", "<file_sep>"}) CHECK(stops("starcoder2", token));
  CHECK(stops("codellama", "<EOT>"));
  CHECK(stops("codestral", "</s>"));
  CHECK(stops("codegemma", "<|file_separator|>"));
}
