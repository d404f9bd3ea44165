#include "load/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

#include "load/plan_parts.hpp"

namespace abgate::load {

namespace {

// Short, frequent words: one token each, with the space before them, for the usual code tokenizers.
constexpr std::array<std::string_view, 128> kWords{
    "value",  "index",   "result",   "data",   "name",   "list",   "item",     "count",   "size",
    "key",    "node",    "path",     "file",   "line",   "text",   "start",    "end",     "left",
    "right",  "first",   "last",     "next",   "pair",   "map",    "set",      "table",   "row",
    "column", "field",   "type",     "class",  "object", "method", "function", "return",  "if",
    "else",   "for",     "while",    "in",     "not",    "and",    "or",       "is",      "new",
    "true",   "false",   "null",     "int",    "string", "float",  "bool",     "char",    "byte",
    "array",  "vector",  "queue",    "stack",  "tree",   "graph",  "user",     "group",   "order",
    "price",  "total",   "date",     "time",   "day",    "year",   "month",    "week",    "hour",
    "read",   "write",   "open",     "close",  "load",   "save",   "send",     "get",     "add",
    "remove", "update",  "delete",   "find",   "search", "sort",   "filter",   "merge",   "split",
    "join",   "copy",    "move",     "parse",  "format", "print",  "error",    "message", "status",
    "code",   "request", "response", "server", "client", "host",   "port",     "url",     "token",
    "test",   "check",   "run",      "stop",   "main",   "init",   "config",   "option",  "default",
    "min",    "max",     "sum",      "a",      "b",      "c",      "x",        "y",       "z",
    "n",      "i"};

constexpr std::size_t kLine = 12;  ///< words in a line
constexpr std::size_t kSlot = 16;

/// A word with room after it: copied in one piece of fixed size, which is many times faster than
/// appending (a hundred thousand prompts are made before the first request).
struct Word {
  std::array<char, kSlot> text{};
  std::size_t length = 0;
};

const std::array<Word, kWords.size()>& words_in_slots() {
  static const auto slots = [] {
    std::array<Word, kWords.size()> out;
    for (std::size_t i = 0; i < kWords.size(); ++i) {
      out[i].length = kWords[i].copy(out[i].text.data(), kSlot);
    }
    return out;
  }();
  return slots;
}

}  // namespace

int draw_length(const LengthDistribution& distribution, Rng& rng) {
  const double low = std::max(1.0, distribution.min);
  double length = distribution.mean;
  if (distribution.kind == LengthDistribution::Kind::uniform) {
    const double high = std::max(low, distribution.max);
    length = low + static_cast<double>(rng.below(static_cast<std::uint64_t>(high - low) + 1));
  } else if (distribution.kind == LengthDistribution::Kind::lognormal) {
    // Mean m and sd s of the lengths: sigma^2 = ln(1 + s^2/m^2), mu = ln m - sigma^2/2.
    const double cv = distribution.sd / distribution.mean;
    const double variance = std::log1p(cv * cv);
    const double mu = std::log(distribution.mean) - variance / 2;
    length = std::exp(mu + std::sqrt(variance) * rng.normal());
  }
  length = std::max(low, std::round(length));
  if (distribution.max > 0) length = std::min(length, distribution.max);
  return static_cast<int>(std::min(length, 1e9));
}

std::string synthetic_text(std::size_t words, std::uint64_t seed) {
  Rng rng(seed);
  std::string text((words + 1) * kSlot, '\0');
  char* out = text.data();
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < words; ++i) {
    if (i % 9 == 0) bits = rng.next();  // nine words of seven bits
    const Word& word = words_in_slots()[bits & 127U];
    bits >>= 7;
    std::memcpy(out, word.text.data(), kSlot);
    out += word.length;
    *out++ = i % kLine == kLine - 1 ? '\n' : ' ';
  }
  return text.substr(0, words == 0 ? 0 : static_cast<std::size_t>(out - text.data()) - 1);
}

PromptSet make_synthetic_prompts(const Scenario& scenario, std::size_t count,
                                 const WordCalibration& calibration) {
  const std::uint64_t seed = seed_of(scenario.seeds.prompts, scenario.seeds, "prompts");
  Rng inputs(derive_seed(seed, "input lengths"));
  Rng outputs(derive_seed(seed, "output lengths"));
  PromptSet set;
  set.ignore_eos = true;
  set.prompts.reserve(count);
  set.max_tokens.reserve(count);
  const std::uint64_t texts = derive_seed(seed, "texts");
  for (std::size_t i = 0; i < count; ++i) {
    const double tokens = draw_length(scenario.workload.input_tokens, inputs);
    const double words = (tokens - calibration.overhead_tokens) / calibration.tokens_per_word;
    PlannedPrompt prompt;
    prompt.id = fmt::format("synthetic-{:06}", i);
    prompt.text = synthetic_text(static_cast<std::size_t>(std::max(1.0, std::round(words))),
                                 derive_seed(texts, std::uint64_t{i}));
    if (scenario.api == Api::chat) prompt.messages = {{"user", std::exchange(prompt.text, {})}};
    set.prompts.push_back(std::move(prompt));
    set.max_tokens.push_back(draw_length(scenario.workload.output_tokens, outputs));
  }
  return set;
}

std::optional<WordCalibration> calibrate_words(
    const std::vector<std::pair<std::size_t, std::int64_t>>& words_and_tokens) {
  const double n = static_cast<double>(words_and_tokens.size());
  double mean_words = 0, mean_tokens = 0;
  for (const auto& [words, tokens] : words_and_tokens) {
    mean_words += static_cast<double>(words) / n;
    mean_tokens += static_cast<double>(tokens) / n;
  }
  double covariance = 0, variance = 0;
  for (const auto& [words, tokens] : words_and_tokens) {
    const double off = static_cast<double>(words) - mean_words;
    covariance += off * (static_cast<double>(tokens) - mean_tokens);
    variance += off * off;
  }
  if (!(variance > 0) || !(covariance > 0)) return std::nullopt;
  const double slope = covariance / variance;
  return WordCalibration{slope, mean_tokens - slope * mean_words};
}

}  // namespace abgate::load
