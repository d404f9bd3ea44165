#include "decision/noise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "decision/inputs.hpp"
#include "decision/methods.hpp"
#include "decision/words.hpp"
#include "stats/compare.hpp"

namespace abgate::decision {
namespace {

constexpr double kFamilyLevel = 0.99;
constexpr double kVoidLevel = 0.999;
constexpr double kShownLevel = 0.90;
/// Of validity.aa_max_half_width: A/A deviations below that share do not spoil a run.
constexpr double kNegligibleShare = 0.2;

struct Key {
  std::string metric, point;
  bool relative = false;  ///< some criterion compares the arms on it
};

/// Metrics that criteria judge on blocks, each with its point. Percentiles stand for their means.
std::vector<Key> keys_of(const Scenario& scenario) {
  std::vector<Key> out;
  for (const Criterion& c : scenario.criteria) {
    if (!is_request_metric(c.metric) && !is_block_metric(c.metric)) continue;
    const LoadPoint* point = point_of(scenario, c);
    if (point == nullptr) continue;
    auto it = std::find_if(out.begin(), out.end(), [&](const Key& k) {
      return k.metric == c.metric && k.point == point->id;
    });
    if (it == out.end()) it = out.insert(out.end(), Key{c.metric, point->id});
    it->relative = it->relative || c.form != Form::candidate;
  }
  return out;
}

std::size_t aa_blocks(const stats::Measurements& m, std::string_view point) {
  return blocks_of(m, point, Arm::control, CellKind::aa).size();
}

struct Check {
  Key key;
  stats::Estimate shown;
  bool contains_one = true;
  bool beyond_chance = false;  ///< not at kVoidLevel either
  double shift = 0, resolution = 0;
};

bool contains_one(const stats::Estimate& e) {
  return *e.lo <= 1 && *e.hi >= 1;
}

Check check(const stats::Measurements& m, const Key& key, std::size_t tests) {
  const std::string &metric = key.metric, &point = key.point;
  Check out{key, stats::aa_ratio(m, metric, "mean", point, kShownLevel)};
  const auto at = [&](double family) {
    return stats::aa_ratio(m, metric, "mean", point, 1 - (1 - family) / static_cast<double>(tests));
  };
  const stats::Estimate strict = at(kFamilyLevel);
  if (strict.lo && strict.hi) {
    out.contains_one = contains_one(strict);
    if (!out.contains_one) out.beyond_chance = !contains_one(at(kVoidLevel));
    out.shift = std::max(std::fabs(std::log(*strict.lo)), std::fabs(std::log(*strict.hi)));
  }
  if (key.relative && out.shown.lo && out.shown.hi) {
    const double half = 0.5 * std::log(*out.shown.hi / *out.shown.lo);
    const auto own = static_cast<double>(std::max<std::size_t>(1, aa_blocks(m, point)));
    const auto run =
        static_cast<double>(std::max<std::size_t>(1, blocks_of(m, point, Arm::candidate).size()));
    out.resolution = std::expm1(half * std::sqrt(own / run));
  }
  return out;
}

std::string line_of(const Scenario& scenario, const std::vector<Check>& checks,
                    const NoiseFloor& floor, std::size_t blocks) {
  std::vector<std::string> parts;
  for (const Check& c : checks) {
    std::string text = fmt::format("{} {}×", c.key.metric, number_against(*c.shown.value, 1));
    if (c.shown.lo && c.shown.hi)
      text += fmt::format(" [{:.3f}, {:.3f}]", *c.shown.lo, *c.shown.hi);
    parts.push_back(text);
  }
  const std::string label = label_of(scenario, Arm::baseline);
  std::string out = fmt::format("Noise check ({} against itself, {}, 90 %): {}", label,
                                counted(blocks, "block"), list(parts));
  if (floor.resolution > 0)
    out += fmt::format("; a run of this size resolves ±{}", percent(floor.resolution));
  return out + (floor.shifts.empty() ? "." : "; it does not contain 1.");
}

}  // namespace

double NoiseFloor::shift_of(std::string_view metric, std::string_view point) const {
  for (const Shift& s : shifts) {
    if (s.metric == metric && s.point == point) return s.amount;
  }
  return 0;
}

double NoiseFloor::floor_of(std::string_view metric, std::string_view point) const {
  for (const Floor& f : floors) {
    if (f.metric == metric && f.point == point) return f.half_width;
  }
  return 0;
}

NoiseFloor noise_floor(const Scenario& scenario, const stats::Measurements& m) {
  NoiseFloor floor;
  const std::vector<Key> keys = keys_of(scenario);
  const double negligible = kNegligibleShare * scenario.validity.aa_max_half_width;
  std::vector<Check> checks;
  std::size_t blocks = 0;
  double worst_shift = 0, worst_spoiled = 0;
  for (const Key& key : keys) {
    const std::size_t n = aa_blocks(m, key.point);
    if (n == 0) continue;
    const Check& c = checks.emplace_back(check(m, key, keys.size()));
    if (!c.shown.value) {
      checks.pop_back();
      continue;
    }
    blocks = std::max(blocks, n);
    if (c.resolution > 0)
      floor.floors.push_back({key.metric, key.point, std::log1p(c.resolution)});
    const bool widest = c.resolution > floor.resolution;
    if (widest) floor.resolution = c.resolution;
    if (!c.contains_one) {
      floor.shifts.push_back({key.metric, key.point, c.shift});
      const double off = std::fabs(std::log(*c.shown.value));
      floor.biased = floor.biased || off > negligible;
      const double tolerated = std::log1p(scenario.validity.aa_max_half_width);
      if (c.beyond_chance && off > std::max(tolerated, worst_spoiled)) {
        worst_spoiled = off;
        floor.spoiled =
            fmt::format("{} at {} is {}×", key.metric, key.point, number(*c.shown.value));
      }
    }
    const bool farthest = !c.contains_one && c.shift > worst_shift;
    if (farthest) worst_shift = c.shift;
    if (farthest || (widest && worst_shift <= 0)) floor.worst = key.metric + " at " + key.point;
  }
  floor.measured = !checks.empty();
  if (floor.measured) floor.line = line_of(scenario, checks, floor, blocks);
  return floor;
}

}  // namespace abgate::decision
