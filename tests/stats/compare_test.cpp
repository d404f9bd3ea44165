// Measurements → Comparison: what is compared, its intervals, and the properties that must hold.

#include <algorithm>
#include <cmath>

#include "oracles.hpp"
#include "records.hpp"
#include "stats/compare.hpp"
#include "stats/measure.hpp"
#include "stats/series.hpp"
#include "stats/t_blocks.hpp"

using namespace abgate;
using namespace abgate::stats;
using namespace abgate::stats::test;

namespace {

/// Blocks of both arms; the candidate is `gain` times as fast per token.
Measurements run_of(std::size_t blocks, double gain, std::uint64_t seed = 1, bool swapped = false,
                    std::size_t requests = 40) {
  std::vector<CellRecord> cells;
  Rng rng(seed);
  for (std::uint32_t k = 0; k < blocks; ++k) {
    const double drift = std::exp(0.01 * rng.normal());
    const Speed slow{0.2 * drift, 0.04 * drift, 0.1};
    const double g = gain * std::exp(0.01 * rng.normal());
    const Speed fast{0.2 * drift / g, 0.04 * drift / g, 0.1};
    const Arm first = swapped ? Arm::candidate : Arm::baseline;
    const Arm second = swapped ? Arm::baseline : Arm::candidate;
    cells.push_back(as(closed_cell(4, 4, requests, 40, slow, seed + k), first, k));
    cells.push_back(as(closed_cell(4, 4, requests, 40, fast, seed + k), second, k));
  }
  return measure(cells, {}, {}, {});
}

QualityPair pair(const std::string& item, const std::string& cluster, const std::string& category,
                 double b, double c) {
  QualityPair p;
  p.item = item;
  p.cluster = cluster;
  p.category = category;
  p.language = "cpp";
  p.baseline["em_ws"] = b;
  p.candidate["em_ws"] = c;
  p.control["em_ws"] = b;
  return p;
}

Measurements oracle_quality() {
  Measurements m;
  int i = 0;
  const auto add = [&](int n, double b, double c) {
    for (int k = 0; k < n; ++k, ++i)
      m.quality.push_back(pair(std::to_string(i), "", i % 2 == 0 ? "x" : "y", b, c));
  };
  add(412, 1, 1);
  add(22, 0, 1);
  add(31, 1, 0);
  add(35, 0, 0);
  return m;
}

}  // namespace

TEST_CASE("every metric and statistic at a point is there, with the block values behind it") {
  const Measurements m = run_of(6, 2.0);
  const Comparison c = compare(m, 0.90);
  for (const char* metric : {"ttft", "ttft_service", "tpot", "icg_max", "e2e", "ntpot",
                             "stream_speed", "output_tokens"}) {
    for (const char* stat : {"mean", "p50", "p90", "p95", "p99"}) {
      INFO(metric << " " << stat);
      CHECK(c.find(metric, stat, "c4") != nullptr);
    }
  }
  const MetricComparison* t = c.find("throughput", "mean", "c4");
  REQUIRE(t != nullptr);
  CHECK(t->unit == "tok/s");
  CHECK(t->baseline_blocks.size() == 6);
  CHECK(*t->ratio.lo > 1.9);
  CHECK(*t->ratio.hi < 2.1);
  CHECK(t->ratio.n == 6);
  const MetricComparison* speed = c.find("stream_speed", "mean", "c4");
  CHECK(std::abs(*speed->baseline.value - 25) < 1.5);
  CHECK(c.find("error_rate", "mean", "c4")->candidate.hi);
  CHECK(c.find("slo_attainment", "mean", "c4") == nullptr);
  CHECK(c.find("tpot", "mean", "c64") == nullptr);
}

TEST_CASE("a percentile without enough requests is absent and says how many are needed") {
  const Comparison c = compare(run_of(6, 2.0), 0.90);  // 240 requests an arm, 40 a block
  CHECK(c.find("ttft", "p95", "c4")->ratio.value);
  CHECK(!c.find("ttft", "p99", "c4")->ratio.value);
  CHECK(c.find("ttft", "p99", "c4")->ratio.why ==
        "p99 needs at least 662 requests an arm and 100 a block; there are 240 and 40");
  CHECK(compare(run_of(6, 2.0, 1, false, 120), 0.9).find("ttft", "p99", "c4")->ratio.value);
}

TEST_CASE("swapping the arms inverts every ratio") {
  const Comparison a = compare(run_of(5, 1.3), 0.9), b = compare(run_of(5, 1.3, 1, true), 0.9);
  REQUIRE(a.metrics.size() == b.metrics.size());
  for (std::size_t i = 0; i < a.metrics.size(); ++i) {
    const Estimate &x = a.metrics[i].ratio, &y = b.metrics[i].ratio;
    CHECK(x.value.has_value() == y.value.has_value());
    if (!x.value || !x.lo) continue;
    CHECK(near(*x.value, 1 / *y.value, 1e-9));
    CHECK(near(*x.lo, 1 / *y.hi, 1e-9));
    CHECK(near(*a.metrics[i].difference.lo, -*b.metrics[i].difference.hi, 1e-9));
  }
}

TEST_CASE("losing a cell of one arm loses the block, warns, and narrows nothing") {
  Measurements m = run_of(6, 1.5);
  const BlockSeries before = block_series(m, "tpot", "mean", "c4");
  Measurements fewer = m;
  std::erase_if(fewer.blocks, [](const BlockArm& b) { return b.block == 5; });
  std::erase_if(m.blocks,
                [](const BlockArm& b) { return b.block == 5 && b.arm == Arm::candidate; });
  const BlockSeries after = block_series(m, "tpot", "mean", "c4");
  CHECK(after.blocks.size() == before.blocks.size());
  CHECK(std::isnan(after.candidate[5]));
  const Estimate with = t_log_ratio(after.baseline, after.candidate);
  const BlockSeries five = block_series(fewer, "tpot", "mean", "c4");
  CHECK(*with.lo == *t_log_ratio(five.baseline, five.candidate).lo);
  CHECK(with.warnings.at(0) == "1 of 6 blocks missing");
}

TEST_CASE("an interrupted cell counts as missing") {
  Measurements m = run_of(4, 1.5);
  m.blocks[2].interrupted = true;
  const BlockSeries s = block_series(m, "throughput", "mean", "c4");
  CHECK(
      std::count_if(s.baseline.begin(), s.baseline.end(), [](double x) { return std::isnan(x); }) +
          std::count_if(s.candidate.begin(), s.candidate.end(),
                        [](double x) { return std::isnan(x); }) ==
      1);
}

TEST_CASE("exceedance and objectives count failed requests against the arm") {
  std::vector<CellRecord> cells{as(closed_cell(4, 4, 40, 20, {0.1, 0.02, 0}), Arm::candidate, 0)};
  cells[0].requests[10].outcome = HttpError{500, "", ""};
  cells[0].requests[11].stream.events[0].at = from_seconds(3);
  const Measurements m = measure(cells, {}, {}, {});
  const auto runs = exceeding(m, "ttft", "c4", Arm::candidate, 1.0);
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].attempted == 40);
  CHECK(runs[0].exceeding == 2);
  Slo slo;
  slo.ttft = from_seconds(0.5);
  CHECK(missing_slo(m, slo, "c4", Arm::candidate)[0].exceeding == 2);
  slo.tpot = from_seconds(0.001);
  CHECK(missing_slo(m, slo, "c4", Arm::candidate)[0].exceeding == 40);
  CHECK(failures(m, "", Arm::candidate).exceeding == 1);
  CompareOptions options;
  options.slo = slo;
  CHECK(*compare(m, options).find("slo_attainment", "mean", "c4")->candidate.value == 0);
}

TEST_CASE("unknown metrics and points are refused with a reason") {
  const Measurements m = run_of(2, 1.0);
  CHECK(block_series(m, "speed", "mean", "c4").why == "'speed' is not measured per block");
  CHECK(block_series(m, "tpot", "max", "c4").why == "'tpot' has no statistic 'max'");
  CHECK_THAT(block_series(m, "tpot", "mean", "c9").why,
             ContainsSubstring("no block of load point 'c9'"));
  CHECK(exceeding(m, "speed", "c4", Arm::candidate, 1).empty());
  CHECK(compare(Measurements{}, 0.9).metrics.empty());
}

TEST_CASE("binary quality is judged by Tang and Tango on the paired table") {
  const Measurements m = oracle_quality();
  const Comparison c = compare(m, 0.90);
  const auto& all = c.quality.front();
  CHECK(all.dimension == "all");
  CHECK(all.binary);
  CHECK(all.n == 500);
  CHECK(all.both == 412);
  CHECK(all.candidate_only == 22);
  CHECK(all.baseline_only == 31);
  CHECK(near(*all.ratio.lo, 0.9522491044868123, 1e-7));
  CHECK(near(*all.difference.lo, -0.04266939764482528, 1e-7));
  CHECK(near(*all.baseline.value, 0.886, 1e-12));
  CHECK(near(*flip_rate(m, "em_ws", Arm::candidate, 0.9).value, 0.106, 1e-12));
  CHECK(*flip_rate(m, "em_ws", Arm::control, 0.9).value == 0);
}

TEST_CASE("items that share a source widen the interval by their design effect") {
  Measurements m = oracle_quality();
  const Estimate plain = quality_ratio(quality_series(m, "em_ws"), 0.9);
  for (std::size_t i = 0; i < m.quality.size(); ++i)
    m.quality[i].cluster = "file" + std::to_string(i / 5);
  const QualitySeries s = quality_series(m, "em_ws");
  CHECK(s.cluster_count == 100);
  CHECK(s.design_effect > 2);
  const Estimate wide = quality_ratio(s, 0.9);
  CHECK(*wide.lo < *plain.lo);
  CHECK(near(*wide.n_eff, 500 / s.design_effect, 1e-9));
  CHECK(wide.n == 500);
}

TEST_CASE("a category that broke is flagged after Holm, and no other") {
  Measurements m;
  Rng rng(4);
  for (int i = 0; i < 600; ++i) {
    const std::string category = i % 6 == 0 ? "broken" : "ok" + std::to_string(i % 6);
    const bool b = rng.uniform() < 0.85;
    const bool flip = rng.uniform() < (category == "broken" ? 0.35 : 0.03);
    m.quality.push_back(pair(std::to_string(i), "", category, b ? 1 : 0,
                             (category == "broken" ? b && !flip : b != flip) ? 1 : 0));
  }
  for (const QualityGroup& g : compare(m, 0.9).quality) {
    if (g.dimension != "category") continue;
    INFO(g.name << " " << g.p_adjusted);
    CHECK(g.flagged == (g.name == "broken"));
  }
}

TEST_CASE("continuous quality is judged by the clustered ratio") {
  Measurements m;
  Rng rng(5);
  for (int i = 0; i < 300; ++i) {
    const double b = 0.5 + 0.4 * rng.uniform();
    m.quality.push_back(pair(std::to_string(i), "f" + std::to_string(i / 3), "x", b, 0.98 * b));
  }
  const Comparison c = compare(m, 0.9);
  CHECK(!c.quality.front().binary);
  CHECK(near(*c.quality.front().ratio.value, 0.98, 1e-9));
  CHECK(near(*c.quality.front().ratio.lo, 0.98, 1e-6));
  CHECK(c.quality.front().ratio.method == "Fieller with clustered variances");
}

TEST_CASE("dropped pairs are left out and said so") {
  Measurements m = oracle_quality();
  for (int i = 0; i < 3; ++i) {
    QualityPair p = pair("x" + std::to_string(i), "", "x", 1, 1);
    p.dropped = true;
    p.baseline.clear();
    p.candidate.clear();
    m.quality.push_back(p);
  }
  const QualitySeries s = quality_series(m, "em_ws");
  CHECK(s.dropped == 3);
  CHECK(s.baseline.size() == 500);
  CHECK(quality_ratio(s, 0.9).warnings.at(0) == "3 pairs dropped: an arm did not answer");
  CHECK(quality_ratio(quality_series(m, "nothing"), 0.9).why == "no scored pairs");
}

TEST_CASE("one A/A block has an interval from the noise of the other blocks") {
  std::vector<CellRecord> cells;
  Rng rng(3);
  for (std::uint32_t k = 0; k < 6; ++k) {
    const double d = std::exp(0.02 * rng.normal());
    cells.push_back(as(closed_cell(4, 4, 40, 40, {0.2, 0.04, 0.05}, k), Arm::baseline, k));
    cells.push_back(as(closed_cell(4, 4, 40, 40, {0.1 * d, 0.02 * d, 0.05}, k), Arm::candidate, k));
  }
  cells.push_back(
      as(closed_cell(4, 4, 40, 40, {0.2, 0.04, 0.05}, 100), Arm::baseline, 0, CellKind::aa));
  cells.push_back(
      as(closed_cell(4, 4, 40, 40, {0.2, 0.0404, 0.05}, 101), Arm::control, 0, CellKind::aa));
  const Measurements m = measure(cells, {}, {}, {});
  const Estimate e = aa_ratio(m, "throughput", "mean", "c4", 0.9);
  REQUIRE(e.lo);
  CHECK(*e.lo < 1);
  CHECK(*e.hi > 1);
  CHECK(e.n == 1);
  CHECK_THAT(e.method, ContainsSubstring("pooled with 6 candidate blocks"));
  // Value by value: the pooled spread is that of the A/B log-ratios.
  const BlockSeries ab = block_series(m, "throughput", "mean", "c4");
  const double half = std::log(*e.hi / *e.lo) / 2;
  CHECK(near(half, 2.015048372669157 * *sd_log_ratio(ab.baseline, ab.candidate), 1e-9));
  CHECK(!compare(m, 0.9).aa.empty());
  CHECK(aa_ratio(run_of(3, 1), "throughput", "mean", "c4", 0.9).why == "no A/A block");
}

TEST_CASE("output lengths that differ are seen, equal ones are not") {
  std::vector<CellRecord> cells;
  for (std::uint32_t k = 0; k < 4; ++k) {
    cells.push_back(as(closed_cell(4, 4, 40, 40, {}, k), Arm::baseline, k));
    cells.push_back(as(closed_cell(4, 4, 40, 30 + int(k), {}, k), Arm::candidate, k));
  }
  const Comparison c = compare(measure(cells, {}, {}, {}), 0.9);
  REQUIRE(c.lengths.size() == 1);
  CHECK(*c.lengths[0].ratio.hi < 0.9);
  CHECK(c.lengths[0].ks_statistic == 1);
  CHECK(c.lengths[0].ks_p < 1e-6);
  const Comparison same = compare(run_of(3, 1.5), 0.9);
  CHECK(same.lengths[0].ks_statistic == 0);
}
