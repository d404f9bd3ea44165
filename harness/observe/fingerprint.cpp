#include "observe/fingerprint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

#include "core/error.hpp"

namespace abgate::observe {

namespace {

using Lines = std::vector<std::string>;

/// Total memory may be read with some slack: DCGM's is a sum of parts that move.
constexpr double kMemorySlack = 0.01;
constexpr std::size_t kShown = 80;

const ServerFacts* find(const std::vector<ServerFacts>& facts, Arm arm) {
  const auto it =
      std::find_if(facts.begin(), facts.end(), [&](const ServerFacts& f) { return f.arm == arm; });
  return it == facts.end() ? nullptr : &*it;
}

std::string text_of(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "";
}

void changed(Arm arm, std::string_view what, const std::string& from, const std::string& to,
             Lines& out) {
  if (from.empty() || to.empty() || from == to) return;
  out.push_back(fmt::format("{}: {} {} became {}", to_string(arm), what, printable(from, kShown),
                            printable(to, kShown)));
}

void compare_answers(const ServerFacts& before, const ServerFacts& after, Lines& out) {
  const Arm arm = before.arm;
  changed(arm, "the engine's version", before.version, after.version, out);
  changed(arm, "the served model", before.model, after.model, out);
  changed(arm, "the model's root", before.model_root, after.model_root, out);
  changed(arm, "max_model_len", text_of(before.max_model_len), text_of(after.max_model_len), out);
  if (before.token_ids_hash && after.token_ids_hash &&
      *before.token_ids_hash != *after.token_ids_hash) {
    out.push_back(fmt::format("{}: the same prompts gave other token ids after the run than before",
                              to_string(arm)));
  }
}

/// The first label that differs between two scrapes, in words.
std::string label_change(const std::map<std::string, std::string>& from,
                         const std::map<std::string, std::string>& to) {
  for (const auto& [key, value] : from) {
    const auto now = to.find(key);
    const std::string seen = now == to.end() ? "nothing" : now->second;
    if (seen != value)
      return fmt::format("{} {} became {}", printable(key, kShown), printable(value, kShown),
                         printable(seen, kShown));
  }
  for (const auto& [key, value] : to) {
    if (!from.contains(key))
      return fmt::format("{} {} appeared", printable(key, kShown), printable(value, kShown));
  }
  return "";
}

void compare_cache_config(Arm arm, const Telemetry& telemetry, Lines& out) {
  const ServerSample* first = nullptr;
  for (const ServerSample& sample : telemetry.servers) {
    if (sample.arm != arm || sample.cache_config.empty()) continue;
    if (first == nullptr) first = &sample;
    const std::string change = label_change(first->cache_config, sample.cache_config);
    if (change.empty()) continue;
    out.push_back(
        fmt::format("{}: the engine's cache configuration changed: {}", to_string(arm), change));
    return;
  }
}

std::string gigabytes(double bytes) {
  return fmt::format("{:.1f} GB", bytes / 1e9);
}

/// One GPU against its first sample; true if something changed.
bool compare_gpu(Arm arm, const GpuSample& first, const GpuSample& now, Lines& out) {
  const std::size_t before = out.size();
  const std::string who = "GPU " + first.gpu + ":";
  changed(arm, who + " the name", first.name, now.name, out);
  changed(arm, who + " the driver", first.driver, now.driver, out);
  if (first.memory_total_bytes && now.memory_total_bytes &&
      std::fabs(*now.memory_total_bytes - *first.memory_total_bytes) >
          kMemorySlack * *first.memory_total_bytes) {
    changed(arm, who + " the total memory", gigabytes(*first.memory_total_bytes),
            gigabytes(*now.memory_total_bytes), out);
  }
  return out.size() > before;
}

/// GPUs of one reading: all samples of one moment.
Lines gpus_at(const std::vector<const GpuSample*>& samples, TimePoint at) {
  Lines ids;
  for (const GpuSample* s : samples) {
    if (s->at == at) ids.push_back(s->gpu);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::string joined(const Lines& ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "" : ", ") + printable(id, kShown);
  return out;
}

void compare_gpus(Arm arm, const Telemetry& telemetry, Lines& out) {
  std::vector<const GpuSample*> samples;
  for (const GpuSample& s : telemetry.gpu) {
    if (s.arm == arm) samples.push_back(&s);
  }
  if (samples.empty()) return;
  std::map<std::string, const GpuSample*> first;
  std::map<std::string, bool> told;
  for (const GpuSample* s : samples) {
    const GpuSample* start = first.emplace(s->gpu, s).first->second;
    if (!told[s->gpu]) told[s->gpu] = compare_gpu(arm, *start, *s, out);
  }
  const Lines begin = gpus_at(samples, samples.front()->at),
              end = gpus_at(samples, samples.back()->at);
  if (begin != end) {
    out.push_back(fmt::format("{}: the GPUs read were {} and became {}", to_string(arm),
                              joined(begin), joined(end)));
  }
}

void silence(const ServerFacts& before, const ServerFacts& after, Lines& what) {
  if (!before.version.empty() && after.version.empty()) what.emplace_back("version");
  if (!before.model_root.empty() && after.model_root.empty()) what.emplace_back("model root");
  if (before.max_model_len && !after.max_model_len) what.emplace_back("max_model_len");
  if (before.token_ids_hash && !after.token_ids_hash) what.emplace_back("token ids");
}

}  // namespace

Lines fingerprint_changes(const std::vector<ServerFacts>& before,
                          const std::vector<ServerFacts>& after, const Telemetry& telemetry) {
  Lines out;
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    const ServerFacts *a = find(before, arm), *b = find(after, arm);
    if (a != nullptr && b != nullptr) compare_answers(*a, *b, out);
    compare_cache_config(arm, telemetry, out);
    compare_gpus(arm, telemetry, out);
  }
  return out;
}

Lines fingerprint_gaps(const std::vector<ServerFacts>& before,
                       const std::vector<ServerFacts>& after) {
  Lines out;
  for (const ServerFacts& a : before) {
    if (a.arm == Arm::control) continue;
    const ServerFacts* b = find(after, a.arm);
    if (b == nullptr) {
      out.push_back(fmt::format(
          "{}: not asked again after the run: whether version, model and tokens stayed the same is "
          "unknown",
          to_string(a.arm)));
      continue;
    }
    Lines what;
    silence(a, *b, what);
    if (!what.empty()) {
      out.push_back(fmt::format("{}: after the run the server no longer told its {}",
                                to_string(a.arm), joined(what)));
    }
  }
  return out;
}

}  // namespace abgate::observe
