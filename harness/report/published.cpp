// Published figures that readers compare with: for orientation, with their source, never an input.

#include "report/sections.hpp"

namespace abgate::report {

namespace {

bool names_qwen_coder_32b(const Input& in) {
  const auto names = [](const std::string& text) {
    return text.find("Qwen2.5-Coder-32B") != std::string::npos;
  };
  bool known = names(in.scenario.baseline.model) || names(in.scenario.candidate.model);
  for (const ServerFacts& f : in.measurements.facts)
    known = known || names(f.model + f.model_root);
  return known;
}

void add_scores(Document& out) {
  out.push_back(DetailsBegin{"Published scores of Qwen2.5-Coder-32B-Instruct, for orientation"});
  out.push_back(Table{
      {"Weights", "HumanEval", "HumanEval+", "MBPP", "MBPP+", "BigCodeBench full", "LiveCodeBench"},
      "lrrrrrr",
      {{"BF16", "92.7", "87.2", "90.2", "75.1", "49.6", "31.4"},
       {"AWQ", "92.1", "84.1", "87.8", "75.1", "48.9", "31.7"},
       {"GPTQ-Int8", "92.1", "85.4", "90.5", "76.5", "48.6", "30.7"},
       {"GPTQ-Int4", "89.6", "83.5", "87.0", "75.9", "49.7", "30.3"},
       {"Q4_K_M", "89.6", "85.4", "89.4", "75.9", "48.9", "29.9"},
       {"Q2_K", "92.7", "84.8", "87.3", "74.3", "47.6", "28.5"}}});
  out.push_back(
      Paragraph{"By the makers (QwenLM/Qwen2.5-Coder, qwencoder-eval/instruct), without intervals; "
                "other prompts and scorers than here, so "
                "only the sizes of the differences compare.\n"});
  out.push_back(DetailsEnd{});
}

void add_perplexities(Document& out) {
  out.push_back(DetailsBegin{"Published perplexities of 4-bit weights, for orientation"});
  out.push_back(Table{{"Model", "FP16", "4 bit", "Ratio", "How", "Source"},
                      "lrrrll",
                      {{"Llama-3-8B", "6.14", "6.54", "1.065", "AWQ g128", "QServe README"},
                       {"Llama-3-8B", "6.14", "6.56", "1.068", "GPTQ g128", "QServe README"},
                       {"Llama-2-7B", "5.47", "5.60", "1.024", "AWQ g128", "QServe README"},
                       {"Llama-2-70B", "3.32", "3.41", "1.027", "AWQ g128", "QServe README"},
                       {"Yi-34B", "4.60", "4.67", "1.015", "AWQ g128", "QServe README"},
                       {"Mistral-7B", "5.25", "5.37", "1.023", "AWQ g128", "QServe README"}}});
  out.push_back(Paragraph{
      "WikiText-2 in windows of 2,048 tokens: prose, and another convention than the code read "
      "here, so only the sizes of the ratios compare. Most likely token kept (llama.cpp, "
      "perplexity README, Llama-3-8B): 91.9 % by q4_K_M, 96.0 % by q6_K, 99.74 % between BF16 and "
      "FP16, which is rounding alone.\n"});
  out.push_back(DetailsEnd{});
}

}  // namespace

void add_published(const Input& in, Document& out) {
  if (names_qwen_coder_32b(in)) add_scores(out);
  for (const stats::LikelihoodSummary& s : in.comparison.likelihood) {
    if (s.task != LikelihoodTask::reference || s.texts == 0) continue;
    add_perplexities(out);
    return;
  }
}

}  // namespace abgate::report
