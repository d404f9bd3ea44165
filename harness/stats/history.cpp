#include "stats/history.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/rng.hpp"
#include "stats/bootstrap.hpp"
#include "stats/distributions.hpp"
#include "stats/moments.hpp"
#include "stats/quantile.hpp"

namespace abgate::stats {

std::optional<RobustZ> robust_z(std::span<const double> history, double x, double floor) {
  const auto median = quantile(history, 0.5);
  if (!median) return std::nullopt;
  std::vector<double> deviations;
  for (const double h : history) deviations.push_back(std::abs(h - *median));
  RobustZ r;
  r.median = *median;
  r.mad = quantile(deviations, 0.5).value_or(0);
  r.sigma = std::max(1.4826 * r.mad, floor);
  if (!(r.sigma > 0)) return std::nullopt;
  r.z = (x - r.median) / r.sigma;
  r.modified_z =
      r.mad > 0 ? 0.6745 * (x - r.median) / r.mad : std::numeric_limits<double>::quiet_NaN();
  return r;
}

std::optional<Prediction> t_prediction(double mean, double sd, std::size_t n, double x,
                                       double confidence) {
  if (n < 2 || !(sd > 0) || !(confidence > 0 && confidence < 1)) return std::nullopt;
  const double df = static_cast<double>(n - 1);
  const double scale = sd * std::sqrt(1 + 1 / static_cast<double>(n));
  const double reach = t_quantile(confidence, df) * scale;
  Prediction p;
  p.lower = mean - reach;
  p.upper = mean + reach;
  p.p_low = t_cdf((x - mean) / scale, df);
  p.p_high = t_cdf((mean - x) / scale, df);
  return p;
}

std::optional<Prediction> t_prediction(std::span<const double> history, double x,
                                       double confidence) {
  const Moments m = moments(history);
  return t_prediction(m.mean(), m.sd(), m.n(), x, confidence);
}

Cusum cusum(std::span<const double> series, double target, double sigma, double k, double h) {
  Cusum out;
  double up = 0, down = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double z = sigma > 0 ? (series[i] - target) / sigma : 0;
    up = std::max(0.0, up + z - k);
    down = std::max(0.0, down - z - k);
    out.up.push_back(up);
    out.down.push_back(down);
    if (!out.first_alarm && (up > h || down > h)) out.first_alarm = i;
  }
  return out;
}

std::optional<double> welch_p(std::span<const double> a, std::span<const double> b) {
  if (a.size() < 2 || b.size() < 2) return std::nullopt;
  const Moments x = moments(a);
  const Moments y = moments(b);
  const double n = static_cast<double>(x.n());
  const double m = static_cast<double>(y.n());
  const double vx = x.variance() / n;
  const double vy = y.variance() / m;
  if (!(vx + vy > 0)) return x.mean() == y.mean() ? 1.0 : 0.0;
  const double df = (vx + vy) * (vx + vy) / (vx * vx / (n - 1) + vy * vy / (m - 1));
  return 2 * t_cdf(-std::abs(x.mean() - y.mean()) / std::sqrt(vx + vy), df);
}

namespace {

double distance(double a, double b) {
  return std::abs(a - b);
}

/// Divergence of a left part of n and a right part of m values from the sums of distances within
/// and across them. A part of one value has no distance within.
double divergence(double n, double m, double within_left, double within_right, double across,
                  bool v_statistic) {
  const double left = v_statistic ? n * n : n * (n - 1);
  const double right = v_statistic ? m * m : m * (m - 1);
  const double l = left > 0 ? 2 * within_left / left : 0;
  const double r = right > 0 ? 2 * within_right / right : 0;
  return n * m / (n + m) * (2 * across / (n * m) - l - r);
}

/// Σ distances within x[0, τ) for every τ.
std::vector<double> prefix_sums(std::span<const double> x) {
  std::vector<double> within(x.size() + 1, 0.0);
  for (std::size_t t = 1; t <= x.size(); ++t) {
    within[t] = within[t - 1];
    for (std::size_t i = 0; i + 1 < t; ++i) within[t] += distance(x[i], x[t - 1]);
  }
  return within;
}

/// Best τ for one κ. within_right grows from the back; across is the rest of the sum within [0, κ).
void scan(std::size_t kappa, const std::vector<double>& within, const std::vector<double>& row,
          std::size_t min_part, bool v_statistic, Split& best) {
  double right = 0;
  for (std::size_t tau = kappa; tau-- > 1;) {
    right += row[tau];
    const std::size_t m = kappa - tau;
    if (m < min_part || tau < min_part) continue;
    const double across = within[kappa] - within[tau] - right;
    const double q = divergence(static_cast<double>(tau), static_cast<double>(m), within[tau],
                                right, across, v_statistic);
    if (q > best.q) best = {q, tau, kappa};
  }
}

/// Walks κ upwards, keeping row[τ] = Σ distances from x[τ] to x(τ, κ).
Split search(std::span<const double> x, std::size_t min_part, bool end_only, bool v_statistic) {
  const std::vector<double> within = prefix_sums(x);
  std::vector<double> row(x.size(), 0.0);
  Split best;
  for (std::size_t kappa = 1; kappa <= x.size(); ++kappa) {
    for (std::size_t tau = 0; tau + 1 < kappa; ++tau) row[tau] += distance(x[tau], x[kappa - 1]);
    if (end_only && kappa != x.size()) continue;
    scan(kappa, within, row, min_part, v_statistic, best);
  }
  return best;
}

}  // namespace

Split best_split(std::span<const double> series, std::size_t min_part) {
  return search(series, std::max<std::size_t>(1, min_part), false, false);
}

Split best_split_to_end(std::span<const double> series, bool v_statistic) {
  return search(series, 1, true, v_statistic);
}

SplitTest test_split(std::span<const double> series, std::size_t permutations, std::uint64_t seed,
                     std::size_t min_part, bool to_end) {
  const std::size_t part = std::max<std::size_t>(1, min_part);
  SplitTest r;
  r.split = search(series, part, to_end, false);
  Rng rng(seed);
  for (std::size_t i = 0; i < permutations; ++i) {
    std::vector<double> shuffled(series.begin(), series.end());
    for (std::size_t k = shuffled.size(); k-- > 1;) {
      std::swap(shuffled[k], shuffled[below_by_product(rng.next(), k + 1)]);
    }
    // Equal sums in another order differ in the last digits.
    const double q = search(shuffled, part, to_end, false).q;
    r.as_large += q >= r.split.q * (1 - 1e-12) ? 1U : 0U;
  }
  r.p = static_cast<double>(r.as_large + 1) / static_cast<double>(permutations + 1);
  return r;
}

namespace {
void divide(std::span<const double> series, std::size_t offset, const ChangeOptions& o,
            std::vector<ChangePoint>& out) {
  if (series.size() < 2 * o.min_part) return;
  const SplitTest test =
      test_split(series, o.permutations, derive_seed(o.seed, offset), o.min_part);
  if (test.split.q <= 0 || test.p > o.p) return;
  divide(series.first(test.split.tau), offset, o, out);
  ChangePoint point;
  point.index = offset + test.split.tau;
  point.p = test.p;
  out.push_back(point);
  divide(series.subspan(test.split.tau), offset + test.split.tau, o, out);
}

/// Fills in what the neighbouring segments say; true if the change is large enough to keep.
bool describe(std::span<const double> series, std::size_t before, std::size_t after,
              double min_change, ChangePoint& point) {
  const auto left = series.subspan(before, point.index - before);
  const auto right = series.subspan(point.index, after - point.index);
  const double mean = moments(left).mean();
  point.welch_p = welch_p(left, right).value_or(1);
  point.relative_change = mean != 0 ? moments(right).mean() / mean - 1 : 0;
  return std::abs(point.relative_change) >= min_change;
}
}  // namespace

std::vector<ChangePoint> change_points(std::span<const double> series,
                                       const ChangeOptions& options) {
  ChangeOptions o = options;
  o.min_part = std::max<std::size_t>(2, o.min_part);
  std::vector<ChangePoint> points;
  divide(series, 0, o, points);
  // The smallest change is dropped first: its neighbours are then described anew without it.
  for (bool again = true; again;) {
    again = false;
    std::optional<std::size_t> smallest;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::size_t before = i == 0 ? 0 : points[i - 1].index;
      const std::size_t after = i + 1 == points.size() ? series.size() : points[i + 1].index;
      if (describe(series, before, after, o.min_change, points[i])) continue;
      const bool least = !smallest || std::abs(points[i].relative_change) <
                                          std::abs(points[*smallest].relative_change);
      if (least) smallest = i;
    }
    if (smallest) {
      points.erase(points.begin() + static_cast<std::ptrdiff_t>(*smallest));
      again = true;
    }
  }
  return points;
}

}  // namespace abgate::stats
