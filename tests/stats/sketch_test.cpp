// Sketches: within their error of the exact quantiles, and parts merged are the whole.

#include "stats/sketch.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "core/rng.hpp"
#include "stats/measure.hpp"
#include "oracles.hpp"
#include "records.hpp"
#include "stats/quantile.hpp"

using namespace abgate;
using namespace abgate::stats;
using namespace abgate::stats::test;

namespace {
constexpr double kQuantiles[] = {0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1};

/// Lognormal gaps of about 20 ms with a heavy tail, and some of every other magnitude.
std::vector<double> gaps(std::size_t n) {
  Rng rng(11);
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i) {
    const double spread = i % 10 == 0 ? 4.0 : 0.3;
    double normal = 0;
    for (int k = 0; k < 12; ++k) normal += static_cast<double>(rng.next() >> 11U) * 0x1p-53;
    out.push_back(0.02 * std::exp(spread * (normal - 6)));
  }
  return out;
}
}  // namespace

TEST_CASE("a sketch's quantiles are within one per cent of the exact ones", "[sketch]") {
  auto values = gaps(200'000);
  Sketch sketch;
  for (const double v : values) sketch.add(v);
  std::sort(values.begin(), values.end());
  REQUIRE(sketch.count() == values.size());
  for (const double p : kQuantiles) {
    const double exact = *quantile_sorted(values, p);
    CAPTURE(p, exact);
    CHECK(std::abs(*sketch.quantile(p) / exact - 1) < 0.008);
  }
  CHECK(*sketch.quantile(0) == values.front());
  CHECK(*sketch.quantile(1) == values.back());
}

TEST_CASE("merged sketches are the sketch of the whole, in any order", "[sketch]") {
  const auto values = gaps(30'000);
  Sketch whole, parts[3];
  for (std::size_t i = 0; i < values.size(); ++i) {
    whole.add(values[i]);
    parts[i % 7 % 3].add(values[i]);
  }
  Sketch forward, backward;
  for (int i = 0; i < 3; ++i) {
    forward.merge(parts[i]);
    backward.merge(parts[2 - i]);
  }
  REQUIRE(forward.count() == whole.count());
  for (const double p : kQuantiles) {
    CHECK(*forward.quantile(p) == *whole.quantile(p));
    CHECK(*backward.quantile(p) == *whole.quantile(p));
  }
}

TEST_CASE("an empty sketch and impossible values say nothing", "[sketch]") {
  Sketch sketch;
  CHECK_FALSE(sketch.quantile(0.5));
  sketch.add(std::nan(""));
  CHECK(sketch.count() == 0);
  sketch.add(-1);
  sketch.add(1e30);
  CHECK(sketch.count() == 2);
  CHECK(*sketch.quantile(0) == 0);
  CHECK(*sketch.quantile(1) > 1e9);
  CHECK_FALSE(sketch.quantile(1.1));
}

TEST_CASE("a distribution is exact up to its limit and a sketch beyond it", "[sketch]") {
  auto values = gaps(2'000);
  Distribution exact(2'000), sketched(1'999), merged(1'999), half(1'999);
  for (std::size_t i = 0; i < values.size(); ++i) {
    exact.add(values[i]);
    sketched.add(values[i]);
    (i % 2 == 0 ? merged : half).add(values[i]);
  }
  CHECK(merged.exact());
  merged.merge(half);
  CHECK(exact.exact());
  CHECK_FALSE(sketched.exact());
  CHECK_FALSE(merged.exact());
  std::sort(values.begin(), values.end());
  for (const double p : kQuantiles) {
    CHECK(*exact.quantile(p) == *quantile_sorted(values, p));
    CHECK(*sketched.quantile(p) == *merged.quantile(p));
    CHECK(std::abs(*sketched.quantile(p) / *exact.quantile(p) - 1) < 0.008);
  }
  CHECK(std::abs(*sketched.mean() / *exact.mean() - 1) < 1e-12);
  CHECK(merged.count() == 2'000);
  CHECK_FALSE(Distribution().mean());
}

TEST_CASE("gaps are weighted by tokens, and those of one read are one", "[sketch]") {
  CellRecord cell;
  cell.point = "c1";
  cell.begin = cell.measured_begin = at(0);
  cell.end = at(10);
  RequestRecord r = answer(0, 0, 0.5, 0.1, 2);
  // 1 token at 0.5; 3 more at 0.8; one read at 0.9 with two events of 1 and 1; the end at 0.95.
  r.stream.events = {{from_seconds(0.5), 1, false},
                     {from_seconds(0.8), 4, false},
                     {from_seconds(0.9), 5, false},
                     {from_seconds(0.9), 6, true},
                     {from_seconds(0.95), 7, false}};
  r.stream.counts_known = true;
  r.usage = Usage{1, 7, {}};
  cell.requests.push_back(r);
  const BlockArm b = measure_cell(cell);
  REQUIRE(b.gaps);
  CHECK(b.gaps->events == 5);
  CHECK(b.gaps->batched == 1);
  CHECK(b.gaps->icg.count() == 3);
  CHECK(near(*b.gaps->icg.mean(), 0.15, 1e-9));
  CHECK(near(*b.gaps->icg.quantile(1), 0.3, 1e-9));
  REQUIRE(b.gaps->itl.count() == 6);                // every token but the first
  CHECK(near(*b.gaps->itl.mean(), 0.45 / 6, 1e-9));  // equals TPOT
  CHECK(near(*b.gaps->itl.quantile(1), 0.1, 1e-9));
  CHECK(near(*b.gaps->itl.quantile(0), 0.05, 1e-9));

  cell.requests[0].stream.counts_known = false;  // no counts: no ITL, and the chunk gaps stay
  const BlockArm without = measure_cell(cell);
  CHECK(without.gaps->itl.count() == 0);
  CHECK(without.gaps->icg.count() == 3);
}
