#include "load/file_prompts.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/error.hpp"

namespace abgate::load {

namespace {

using Messages = std::vector<std::pair<std::string, std::string>>;

constexpr double kBytesPerToken = 6;
constexpr double kMostBytes = 8e9;

void set_text(PlannedPrompt& prompt, Api api, Messages messages) {
  if (api == Api::chat) {
    prompt.messages = std::move(messages);
    return;
  }
  for (auto& [role, text] : messages) {
    if (!prompt.text.empty()) prompt.text += '\n';
    prompt.text += text;
  }
}

void check_memory(const dataset::Trace& trace, const PromptSource& source) {
  double tokens = 0;
  for (const auto& row : trace.rows) tokens += row.input_tokens;
  if (tokens * kBytesPerToken <= kMostBytes) return;
  throw DataError({source.file, 0, 0}, "workload.window_length",
                  fmt::format("{} rows with {:.0f} million prompt tokens", trace.rows.size(),
                              tokens / 1e6),
                  fmt::format("a window of at most {:.0f} million tokens",
                              kMostBytes / kBytesPerToken / 1e6));
}

/// The text of a row: the texts of its blocks one after the other, the last one cut to length.
std::string row_text(const dataset::TraceRow& row, int block_tokens, std::uint64_t blocks,
                     std::uint64_t own, const WordCalibration& calibration) {
  if (row.blocks.empty() || block_tokens == 0)
    return synthetic_text(words_for(row.input_tokens, calibration), own);
  WordCalibration bare = calibration;
  bare.overhead_tokens = 0;  // once a prompt: the last block is shorter by it
  std::string out;
  int left = row.input_tokens;
  for (std::size_t i = 0; i < row.blocks.size() && left > 0; ++i) {
    const bool last = i + 1 == row.blocks.size() || left <= block_tokens;
    const int tokens = last ? left : block_tokens;
    if (i > 0) out += '\n';
    out += synthetic_text(words_for(tokens, last ? calibration : bare),
                          derive_seed(blocks, std::uint64_t{row.blocks[i]}));
    left -= tokens;
  }
  return out;
}

}  // namespace

PromptSet make_trace_prompts(const dataset::Trace& trace, const PromptSource& source, Api api,
                             std::uint64_t seed, const WordCalibration& calibration) {
  check_memory(trace, source);
  const std::uint64_t texts = derive_seed(seed, "texts");
  const std::uint64_t blocks = derive_seed(seed, "blocks");
  PromptSet set;
  set.ignore_eos = !source.natural;
  set.prompts.reserve(trace.rows.size());
  for (const dataset::TraceRow& row : trace.rows) {
    const auto index = static_cast<std::uint32_t>(set.prompts.size());
    PlannedPrompt prompt;
    prompt.id = fmt::format("row-{:06}", index + 1);
    set_text(prompt, api,
             {{"user", row_text(row, trace.block_tokens, blocks,
                                derive_seed(texts, std::uint64_t{index}), calibration)}});
    set.prompts.push_back(std::move(prompt));
    set.max_tokens.push_back(row.output_tokens);
    set.units.push_back({index, 1, row.at});
  }
  PromptClass all;
  all.units = static_cast<std::uint32_t>(set.units.size());
  all.in_order = true;
  set.classes.push_back(all);
  return set;
}

PromptSet make_conversation_prompts(const std::vector<dataset::Conversation>& conversations,
                                    const PromptSource& source, Api api, std::uint64_t seed) {
  Rng lengths(derive_seed(seed, "output lengths"));
  const bool exact = source.output_tokens.mean > 0;
  PromptSet set;
  set.ignore_eos = exact;
  for (const dataset::Conversation& conversation : conversations) {
    PromptUnit unit{static_cast<std::uint32_t>(set.prompts.size()), 0, Duration{0}};
    Messages said;
    for (const dataset::Turn& turn : conversation.turns) {
      said.emplace_back(turn.role, turn.content);
      if (turn.role != "user") continue;
      ++unit.turns;
      PlannedPrompt prompt;
      prompt.id = source.sessions ? fmt::format("{}/{}", conversation.id, unit.turns)
                                  : conversation.id;
      set_text(prompt, api, said);
      set.prompts.push_back(std::move(prompt));
      set.max_tokens.push_back(exact ? draw_length(source.output_tokens, lengths) : 0);
      if (!source.sessions || unit.turns == source.max_turns) break;
    }
    if (unit.turns > 0) set.units.push_back(unit);
  }
  PromptClass all;
  all.units = static_cast<std::uint32_t>(set.units.size());
  all.think_time = source.think_time;
  set.classes.push_back(all);
  return set;
}

PromptSet make_row_prompts(const std::vector<dataset::PromptRow>& rows, const PromptSource& source,
                           Api api) {
  PromptSet set;
  for (const dataset::PromptRow& row : rows) {
    PlannedPrompt prompt;
    prompt.id = row.id;
    if (!row.messages.empty() && api != Api::chat) {
      throw DataError({source.file, 0, 0}, fmt::format("row {}", row.id), "messages",
                      "a `prompt` for the completions API (or `api: chat` in the scenario)");
    }
    Messages messages;
    for (const dataset::Turn& turn : row.messages) messages.emplace_back(turn.role, turn.content);
    if (messages.empty()) messages.emplace_back("user", row.prompt);
    set_text(prompt, api, std::move(messages));
    set.prompts.push_back(std::move(prompt));
    set.max_tokens.push_back(row.output_tokens.value_or(0));
    set.exact.push_back(row.output_tokens && !source.natural ? 1 : 0);
  }
  return set;
}

}  // namespace abgate::load
