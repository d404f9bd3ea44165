#include "load/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/error.hpp"
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
constexpr int kBlock = 16;  ///< tokens that a prefix cache keeps together (vLLM's default)

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
  if (distribution.kind == LengthDistribution::Kind::empirical) {
    ABGATE_ASSERT(!distribution.values.empty());
    length = distribution.values[rng.below(distribution.values.size())];
  } else if (distribution.kind == LengthDistribution::Kind::uniform) {
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

std::size_t words_for(double tokens, const WordCalibration& calibration) {
  const double words = (tokens - calibration.overhead_tokens) / calibration.tokens_per_word;
  return static_cast<std::size_t>(std::max(1.0, std::round(words)));
}

int shared_tokens(const SharedPrefix& shared, int tokens) {
  if (shared.groups == 0) return 0;
  return static_cast<int>(shared.hit_rate * tokens / kBlock) * kBlock;
}

namespace {

/// Makes the prompts of one synthetic source, one unit after the other.
class Maker {
 public:
  Maker(const PromptSource& source, Api api, std::uint64_t seed, const WordCalibration& calibration)
      : source_(source),
        api_(api),
        calibration_(calibration),
        inputs_(derive_seed(seed, "input lengths")),
        outputs_(derive_seed(seed, "output lengths")),
        turns_(derive_seed(seed, "turns")),
        texts_(derive_seed(seed, "texts")),
        groups_(derive_seed(seed, "groups")) {}

  PromptSet run(std::size_t count) {
    const bool sessions = source_.turns.mean > 0;
    set_.ignore_eos = true;
    set_.prompts.reserve(count);
    set_.max_tokens.reserve(count);
    while (set_.prompts.size() < count) {
      if (sessions) {
        add_session(draw_length(source_.turns, turns_));
      } else {
        add(fmt::format("synthetic-{:06}", set_.prompts.size()), {{"user", new_text()}});
      }
    }
    if (sessions) {
      PromptClass all;
      all.units = static_cast<std::uint32_t>(set_.units.size());
      all.think_time = source_.think_time;
      set_.classes.push_back(all);
    }
    return std::move(set_);
  }

 private:
  using Messages = std::vector<std::pair<std::string, std::string>>;

  void add(std::string id, const Messages& messages) {
    PlannedPrompt prompt;
    prompt.id = std::move(id);
    if (api_ == Api::chat) {
      prompt.messages = messages;
    } else {
      for (const auto& [role, text] : messages) {
        if (!prompt.text.empty()) prompt.text += '\n';
        prompt.text += text;
      }
    }
    set_.prompts.push_back(std::move(prompt));
    set_.max_tokens.push_back(draw_length(source_.output_tokens, outputs_));
  }

  void add_session(int turns) {
    const std::size_t session = set_.units.size();
    set_.units.push_back({static_cast<std::uint32_t>(set_.prompts.size()),
                          static_cast<std::uint32_t>(turns), Duration{0}});
    Messages history;
    for (int turn = 0; turn < turns; ++turn) {
      history.emplace_back("user", new_text());
      add(fmt::format("session-{:05}/{}", session, turn + 1), history);
      history.emplace_back("assistant", text(set_.max_tokens.back()));
    }
  }

  /// New text of a drawn length; within a group, after what the group shares.
  std::string new_text() {
    const int tokens = draw_length(source_.input_tokens, inputs_);
    const int shared = shared_tokens(source_.shared_prefix, tokens);
    if (shared == 0) return text(tokens);
    const std::uint64_t group = texts_made_ % source_.shared_prefix.groups;
    WordCalibration bare = calibration_;
    bare.overhead_tokens = 0;  // counted once, in what follows
    std::string out = synthetic_text(words_for(shared, bare), derive_seed(groups_, group));
    return out += '\n' + text(tokens - shared);
  }

  std::string text(int tokens) {
    return synthetic_text(words_for(tokens, calibration_), derive_seed(texts_, texts_made_++));
  }

  const PromptSource& source_;
  const Api api_;
  const WordCalibration calibration_;
  Rng inputs_, outputs_, turns_;
  const std::uint64_t texts_;
  const std::uint64_t groups_;
  std::uint64_t texts_made_ = 0;
  PromptSet set_;
};

}  // namespace

PromptSet make_synthetic_prompts(const PromptSource& source, Api api, std::uint64_t seed,
                                 std::size_t count, const WordCalibration& calibration) {
  return Maker(source, api, seed, calibration).run(count);
}

PromptSet make_synthetic_prompts(const Scenario& scenario, std::size_t count,
                                 const WordCalibration& calibration) {
  return make_synthetic_prompts(scenario.workload, scenario.api,
                                seed_of(scenario.seeds.prompts, scenario.seeds, "prompts"), count,
                                calibration);
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
