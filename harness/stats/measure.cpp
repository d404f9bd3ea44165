// A whole run: cells, scores and telemetry → Measurements.

#include "stats/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "core/plan.hpp"

namespace abgate::stats {

namespace {

std::string name_of(const BlockArm& b) {
  Cell cell;
  cell.kind = b.kind;
  cell.point = b.point;
  cell.block = b.block;
  return cell_name(cell, b.arm);
}

void sort_cells(std::vector<BlockArm>& cells) {
  const auto key = [](const BlockArm& b) { return std::tie(b.kind, b.point, b.block, b.arm); };
  std::stable_sort(cells.begin(), cells.end(),
                   [&](const BlockArm& a, const BlockArm& b) { return key(a) < key(b); });
}

void add_quality_counts(const BlockArm& cell, Measurements& out) {
  const std::size_t arm = index_of(cell.arm);
  out.quality_attempted[arm] += cell.attempted;
  out.quality_failed[arm] += cell.failed;
  for (const auto& [what, n] : cell.failures) out.quality_failures[arm][what] += n;
}

/// When an arm was under load; the control arm shares the baseline's endpoint.
std::vector<Interval> busy_intervals(const std::vector<BlockArm>& cells, Arm arm) {
  std::vector<Interval> out;
  for (const BlockArm& c : cells) {
    const bool same_endpoint = c.arm == arm || (arm == Arm::baseline && c.arm == Arm::control);
    if (same_endpoint && c.ended > c.began) out.push_back({c.began, c.ended});
  }
  std::sort(out.begin(), out.end(), [](const Interval& a, const Interval& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  return out;
}

/// In swapped mode both arms use one GPU, so that only the samples from an arm's own cells are its
/// own.
Telemetry own_samples(const Telemetry& all, const std::vector<Interval>& busy) {
  Telemetry own;
  for (const GpuSample& s : all.gpu) {
    const auto within = [&](const Interval& i) { return s.at >= i.begin && s.at <= i.end; };
    if (std::any_of(busy.begin(), busy.end(), within)) own.gpu.push_back(s);
  }
  return own;
}

/// Mean scores over the repeats that every one of `arms` answered.
std::map<std::string, double> mean_scores(const std::map<std::uint32_t, const ItemScore*>& answers,
                                          const std::set<std::uint32_t>& repeats) {
  std::map<std::string, std::pair<double, double>> sums;
  for (const std::uint32_t repeat : repeats) {
    const auto it = answers.find(repeat);
    if (it == answers.end()) continue;
    for (const auto& [metric, score] : it->second->scores) {
      auto& [sum, n] = sums[metric];
      sum += score;
      n += 1;
    }
  }
  std::map<std::string, double> means;
  for (const auto& [metric, sum] : sums) means[metric] = sum.first / sum.second;
  return means;
}

/// Everything answered for one item.
struct ItemAnswers {
  const ItemScore* any = nullptr;
  std::map<std::uint32_t, const ItemScore*> arms[kArmCount];
};

QualityPair make_pair(const std::string& item, const ItemAnswers& answers) {
  QualityPair pair;
  pair.item = item;
  pair.cluster = answers.any->cluster;
  pair.category = answers.any->category;
  pair.language = answers.any->language;
  std::set<std::uint32_t> both;
  for (const auto& [repeat, score] : answers.arms[index_of(Arm::baseline)]) {
    if (answers.arms[index_of(Arm::candidate)].count(repeat) > 0) both.insert(repeat);
  }
  pair.dropped = both.empty();
  if (!pair.dropped) {
    pair.baseline = mean_scores(answers.arms[index_of(Arm::baseline)], both);
    pair.candidate = mean_scores(answers.arms[index_of(Arm::candidate)], both);
  }
  std::set<std::uint32_t> control;
  for (const auto& [repeat, score] : answers.arms[index_of(Arm::control)]) control.insert(repeat);
  pair.control = mean_scores(answers.arms[index_of(Arm::control)], control);
  return pair;
}

void note_lost(const Measurements& m, std::vector<std::string>& notes) {
  std::size_t ours = 0, without_usage = 0;
  for (const BlockArm& b : m.blocks) {
    ours += b.ours;
    without_usage += b.without_usage;
  }
  if (ours > 0) {
    notes.push_back(fmt::format("{} requests were lost to faults of the measuring machine", ours));
  }
  if (without_usage > 0) {
    notes.push_back(
        fmt::format("{} successes came without the server's token count", without_usage));
  }
}

}  // namespace

std::vector<QualityPair> pair_quality(const std::vector<ItemScore>& scores) {
  std::map<std::string, ItemAnswers> items;
  for (const ItemScore& s : scores) {
    ItemAnswers& item = items[s.item];
    if (item.any == nullptr) item.any = &s;
    if (s.answered) item.arms[index_of(s.arm)][s.repeat] = &s;
  }
  std::vector<QualityPair> pairs;
  pairs.reserve(items.size());
  for (const auto& [item, answers] : items) pairs.push_back(make_pair(item, answers));
  return pairs;
}

Measurements measure(MeasureInput input, const Scenario& scenario) {
  Measurements out;
  sort_cells(input.cells);
  std::set<std::string> found;
  for (const BlockArm& cell : input.cells) {
    found.insert(name_of(cell));
    out.interrupted = out.interrupted || cell.interrupted;
  }
  for (const std::string& name : input.expected) {
    if (found.count(name) == 0) out.missing_cells.push_back(name);
  }
  for (const Arm arm : kArms) {
    const auto i = index_of(arm);
    const auto busy = busy_intervals(input.cells, arm);
    out.server[i] = server_delta(input.telemetry, arm, scenario.mode);
    out.memory[i] = scenario.mode == Mode::swapped
                        ? memory_use(own_samples(input.telemetry, busy), arm, busy,
                                     scenario.arm(arm), out.server[i])
                        : memory_use(input.telemetry, arm, busy, scenario.arm(arm), out.server[i]);
  }
  for (BlockArm& cell : input.cells) {
    if (cell.kind == CellKind::quality) add_quality_counts(cell, out);
    if (cell.kind == CellKind::load || cell.kind == CellKind::aa)
      out.blocks.push_back(std::move(cell));
  }
  out.quality = pair_quality(input.scores);
  out.answers = std::move(input.scores);
  out.facts = std::move(input.telemetry.facts);
  out.notes = std::move(input.telemetry.notes);
  note_lost(out, out.notes);
  const auto says_simulated = [](const auto& x) { return x.simulated; };
  out.simulated =
      std::any_of(out.facts.begin(), out.facts.end(), says_simulated) ||
      std::any_of(input.telemetry.servers.begin(), input.telemetry.servers.end(), says_simulated);
  return out;
}

Measurements measure(const std::vector<CellRecord>& cells, std::vector<ItemScore> scores,
                     Telemetry telemetry, const Scenario& scenario) {
  MeasureInput input;
  input.cells.reserve(cells.size());
  for (const CellRecord& cell : cells) input.cells.push_back(measure_cell(cell));
  input.scores = std::move(scores);
  input.telemetry = std::move(telemetry);
  return measure(std::move(input), scenario);
}

}  // namespace abgate::stats
