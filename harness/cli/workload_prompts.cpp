#include "cli/workload_prompts.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <utility>

#include "config/scenario_file.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "dataset/conversations.hpp"
#include "dataset/lengths.hpp"
#include "dataset/line_reader.hpp"
#include "dataset/prompts.hpp"
#include "dataset/trace.hpp"
#include "load/file_prompts.hpp"
#include "quality/suite.hpp"

namespace abgate::cli {

namespace {

dataset::TraceFormat format_of(TraceKind kind) {
  switch (kind) {
    case TraceKind::automatic:
      return dataset::TraceFormat::automatic;
    case TraceKind::azure:
      return dataset::TraceFormat::azure;
    case TraceKind::mooncake:
      return dataset::TraceFormat::mooncake;
    case TraceKind::burstgpt:
      return dataset::TraceFormat::burstgpt;
    case TraceKind::qwen_bailian:
      return dataset::TraceFormat::qwen_bailian;
  }
  return dataset::TraceFormat::automatic;
}

/// Every answer as long as the scenario says. Stop strings would end some early, and servers hold
/// text back while it could become one, which would count as time to first token.
void exact_lengths(load::PromptSet& set) {
  set.max_tokens.clear();
  for (auto& prompt : set.prompts) prompt.stop.clear();
}

/// Prepares the sources of one workload.
class Sources {
 public:
  Sources(const Scenario& scenario, const load::WordCalibration& words)
      : scenario_(scenario), words_(words), wanted_(load::prompts_wanted(scenario)) {}

  WorkloadPrompts run() {
    const Workload& workload = scenario_.workload;
    const std::uint64_t seed = scenario_.seeds.prompts != 0
                                   ? scenario_.seeds.prompts
                                   : derive_seed(scenario_.seeds.base, "prompts");
    if (workload.classes.empty()) {
      out_.set = prompts(workload, "workload", seed, wanted_);
    } else {
      mix(workload.classes, seed);
    }
    return std::move(out_);
  }

 private:
  void mix(const std::vector<WorkloadClass>& classes, std::uint64_t seed) {
    double weights = 0;
    for (const WorkloadClass& c : classes) weights += c.weight;
    std::vector<load::PromptSet> sets;
    for (const WorkloadClass& c : classes) {
      // The expected number and five standard deviations of the draw.
      const double expected = static_cast<double>(wanted_) * c.weight / weights;
      const auto count = static_cast<std::size_t>(expected + 5 * std::sqrt(expected) + 10);
      sets.push_back(prompts(c, "workload/" + c.name, derive_seed(seed, "class " + c.name), count));
    }
    out_.set = load::merge_classes(std::move(sets), classes);
  }

  load::PromptSet prompts(const PromptSource& source, const std::string& role, std::uint64_t seed,
                          std::size_t count) {
    switch (source.kind) {
      case PromptSource::Kind::suite:
        return from_suite(source, role, count);
      case PromptSource::Kind::synthetic:
        return load::make_synthetic_prompts(with_lengths(source, role), scenario_.api, seed, count,
                                            words_);
      case PromptSource::Kind::trace:
        return from_trace(source, role, seed);
      case PromptSource::Kind::sharegpt:
        return from_conversations(source, role, seed, count);
      case PromptSource::Kind::jsonl:
        return from_rows(source, role, seed, count);
    }
    return {};
  }

  load::PromptSet from_suite(const PromptSource& source, const std::string& role,
                             std::size_t count) {
    Suite suite = read_suite(scenario_, source.suite);
    std::vector<const SuiteItem*> items;
    for (const auto& item : suite.items) items.push_back(&item);
    load::PromptSet set = render(suite, items, scenario_);
    if (scenario_.sampling.ignore_eos) exact_lengths(set);
    note_repeats(count, items.size());
    out_.suites.emplace_back(role, std::move(suite));
    return set;
  }

  load::PromptSet from_trace(const PromptSource& source, const std::string& role,
                             std::uint64_t seed) {
    const std::string path = path_of(source.file);
    const dataset::Trace trace =
        dataset::read_trace(path, format_of(source.format),
                            {source.window_from, source.window_length}, source.block_tokens);
    if (trace.block_tokens > 0 && scenario_.workload.cache == CachePolicy::cold) {
      throw ScenarioError({scenario_.path, 0, 0}, "workload.cache", "cold",
                          fmt::format("block, since {} says which prompts share blocks (cold salts "
                                      "every request, so that nothing is shared)",
                                      path));
    }
    out_.notes.push_back(fmt::format(
        "trace {}: {} format, {} of {} rows in the window{}", path, trace.format, trace.rows.size(),
        trace.rows_in_file,
        trace.skipped == 0 ? "" : fmt::format(", {} without tokens left out", trace.skipped)));
    keep_file(role, path, trace.rows.size());
    return load::make_trace_prompts(trace, source, scenario_.api, seed, words_);
  }

  load::PromptSet from_conversations(const PromptSource& source, const std::string& role,
                                     std::uint64_t seed, std::size_t count) {
    const std::string path = path_of(source.file);
    load::Sample<dataset::Conversation> sample(std::max<std::size_t>(1, count), seed);
    const auto counts = dataset::for_each_conversation(path, [&](dataset::Conversation c) {
      sample.offer(std::move(c));
      return true;
    });
    keep_file(role, path, sample.offered());
    const auto set = load::make_conversation_prompts(sample.take(), with_lengths(source, role),
                                                     scenario_.api, seed);
    if (counts.skipped > 0)
      out_.notes.push_back(fmt::format("{}: {} of {} conversations have no user turn: left out",
                                       path, counts.skipped, counts.read));
    note_repeats(count, set.prompts.size());
    return set;
  }

  load::PromptSet from_rows(const PromptSource& source, const std::string& role,
                            std::uint64_t seed, std::size_t count) {
    const std::string path = path_of(source.file);
    load::Sample<dataset::PromptRow> sample(std::max<std::size_t>(1, count), seed);
    dataset::for_each_prompt(path, [&](dataset::PromptRow row) {
      sample.offer(std::move(row));
      return true;
    });
    keep_file(role, path, sample.offered());
    auto set = load::make_row_prompts(sample.take(), source, scenario_.api);
    note_repeats(count, set.prompts.size());
    return set;
  }

  /// The source with the values of its empirical distributions.
  PromptSource with_lengths(PromptSource source, const std::string& role) {
    for (LengthDistribution* lengths :
         {&source.input_tokens, &source.output_tokens, &source.turns}) {
      if (lengths->kind != LengthDistribution::Kind::empirical) continue;
      const std::string path = path_of(lengths->file);
      lengths->values = dataset::read_lengths(path);
      keep_file(role + " lengths", path, lengths->values.size());
    }
    return source;
  }

  std::string path_of(const std::string& file) const {
    return config::resolve_path(scenario_.path, file);
  }

  void keep_file(const std::string& role, const std::string& path, std::size_t items) {
    out_.files.push_back({role, std::filesystem::path(path).filename().string(), "",
                          dataset::file_hash(path), "", items});
  }

  void note_repeats(std::size_t wanted, std::size_t prompts) {
    if (wanted <= prompts) return;
    out_.notes.push_back(
        fmt::format("{} requests a run are drawn from {} prompts: prompts repeat ({})", wanted,
                    prompts,
                    scenario_.workload.cache == CachePolicy::cold
                        ? "each with its own salt, so no prefix is reused"
                        : "their prefixes may be cached"));
  }

  const Scenario& scenario_;
  const load::WordCalibration words_;
  const std::size_t wanted_;
  WorkloadPrompts out_;
};

}  // namespace

load::PromptSet render(const Suite& suite, const std::vector<const SuiteItem*>& items,
                       const Scenario& scenario) {
  const auto* fim = quality::find_fim_template(scenario.quality.fim_template);
  ABGATE_ASSERT(fim != nullptr);  // config refuses unknown templates
  load::PromptSet out;
  for (const SuiteItem* item : items) {
    const bool chat = item->kind == ItemKind::chat;
    if (chat != (scenario.api == Api::chat)) {
      throw DataError(
          {suite.path, 0, 0}, fmt::format("item {}", item->id),
          fmt::format("kind {}", to_string(item->kind)),
          fmt::format("items for the {} API (`api` in the scenario)", to_string(scenario.api)));
    }
    PlannedPrompt prompt;
    prompt.id = item->id;
    if (chat) {
      prompt.messages = item->messages;
    } else {
      prompt.text = quality::render_prompt(*item, *fim);
    }
    if (item->kind == ItemKind::fim) prompt.stop = fim->stops;
    out.prompts.push_back(std::move(prompt));
    out.max_tokens.push_back(item->max_tokens);
  }
  return out;
}

Suite read_suite(const Scenario& scenario, const std::string& file) {
  return quality::load_suite(config::resolve_path(scenario.path, file));
}

WorkloadPrompts workload_prompts(const Scenario& scenario, const load::WordCalibration& words) {
  return Sources(scenario, words).run();
}

}  // namespace abgate::cli
