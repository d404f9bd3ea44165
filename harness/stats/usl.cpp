#include "stats/usl.hpp"

#include <algorithm>
#include <cmath>
#include <Eigen/Dense>
#include <limits>
#include <set>

#include "stats/bootstrap.hpp"
#include "stats/moments.hpp"
#include "stats/quantile.hpp"

namespace abgate::stats {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// N/X = a + b(N-1) + cN(N-1) with a = 1/λ, b = σ/λ, c = κ/λ; all must stay non-negative.
using Coefficients = Eigen::Vector3d;

Eigen::RowVector3d basis(double n) {
  return {1, n - 1, n * (n - 1)};
}

/// Least squares with some coefficients held at 0.
Coefficients solve(const Eigen::MatrixXd& a, const Eigen::VectorXd& y,
                   const std::vector<int>& free) {
  Eigen::MatrixXd part(a.rows(), static_cast<Eigen::Index>(free.size()));
  for (std::size_t i = 0; i < free.size(); ++i)
    part.col(static_cast<Eigen::Index>(i)) = a.col(free[i]);
  const Eigen::VectorXd x = part.colPivHouseholderQr().solve(y);
  Coefficients out = Coefficients::Zero();
  for (std::size_t i = 0; i < free.size(); ++i) out[free[i]] = x[static_cast<Eigen::Index>(i)];
  return out;
}

/// Non-negative least squares by trying every set of free coefficients (there are only four).
Coefficients non_negative(const Eigen::MatrixXd& a, const Eigen::VectorXd& y) {
  static const std::vector<int> kSets[] = {{0, 1, 2}, {0, 1}, {0, 2}, {0}};
  Coefficients best = Coefficients::Zero();
  double least = kInf;
  for (const auto& free : kSets) {
    const Coefficients x = solve(a, y, free);
    const double error = (a * x - y).squaredNorm();
    const bool feasible = x.minCoeff() >= 0 && x[0] > 0;
    if (feasible && free.size() == 3) return x;  // no constraint binds
    if (feasible && error < least) {
      least = error;
      best = x;
    }
  }
  return best;
}

/// Rows scaled so that the residual is relative: (a·x)/y - 1 ≈ ln.
Coefficients relative_fit(std::span<const double> n, std::span<const double> x,
                          Coefficients around) {
  const auto rows = static_cast<Eigen::Index>(n.size());
  Eigen::MatrixXd a(rows, 3);
  Eigen::VectorXd y(rows);
  for (std::size_t i = 0; i < n.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    const double observed = n[i] / x[i];
    const double fitted = around.isZero() ? observed : basis(n[i]).dot(around);
    // Gauss–Newton on ln(fitted): d ln = d/fitted; the target moves by the log residual.
    a.row(row) = basis(n[i]) / fitted;
    y[row] = 1 + std::log(observed / fitted);
  }
  return non_negative(a, y);
}

double log_error(std::span<const double> n, std::span<const double> x, const UslFit& fit) {
  double sum = 0;
  for (std::size_t i = 0; i < n.size(); ++i) {
    const double e = std::log(x[i] / fit.at(n[i]));
    sum += e * e;
  }
  return std::sqrt(sum / static_cast<double>(n.size()));
}

UslFit to_fit(const Coefficients& c) {
  return {1 / c[0], c[1] / c[0], c[2] / c[0], 0};
}

bool usable(std::span<const double> n, std::span<const double> x) {
  if (n.size() != x.size()) return false;
  for (std::size_t i = 0; i < n.size(); ++i) {
    if (!(n[i] >= 1) || !(x[i] > 0) || !std::isfinite(n[i]) || !std::isfinite(x[i])) return false;
  }
  return std::set<double>(n.begin(), n.end()).size() >= 3;
}

/// ln(candidate / baseline) of two fits.
double advantage(const UslFit& baseline, const UslFit& candidate, double n) {
  return std::log(candidate.at(n) / baseline.at(n));
}

/// First concurrency in [low, high] at which the advantage falls through 0; -inf: lost from the
/// start; +inf: never.
double first_loss(const UslFit& b, const UslFit& c, double low, double high) {
  if (advantage(b, c, low) <= 0) return -kInf;
  constexpr int kSteps = 100;
  double before = low;
  for (int i = 1; i <= kSteps; ++i) {
    const double at = low * std::pow(high / low, static_cast<double>(i) / kSteps);
    if (advantage(b, c, at) > 0) {
      before = at;
      continue;
    }
    double left = before, right = at;
    for (int k = 0; k < 60; ++k) {
      const double mid = (left + right) / 2;
      (advantage(b, c, mid) > 0 ? left : right) = mid;
    }
    return (left + right) / 2;
  }
  return kInf;
}

struct Range {
  double low = kInf, high = 0;
};

/// Mean throughputs over the given blocks; empty where a level has none.
struct Averages {
  std::vector<double> n, baseline, candidate;
};
Averages average(std::span<const LoadLevel> levels, std::span<const std::uint32_t> blocks) {
  Averages out;
  for (const LoadLevel& level : levels) {
    Moments b, c;
    for (const std::uint32_t k : blocks) {
      if (k >= level.baseline.size() || k >= level.candidate.size()) continue;
      if (!std::isfinite(level.baseline[k]) || !std::isfinite(level.candidate[k])) continue;
      b.add(level.baseline[k]);
      c.add(level.candidate[k]);
    }
    if (b.n() == 0) continue;
    out.n.push_back(level.concurrency);
    out.baseline.push_back(b.mean());
    out.candidate.push_back(c.mean());
  }
  return out;
}

double crossing_of(const Averages& a, const Range& range) {
  const auto b = fit_usl(a.n, a.baseline);
  const auto c = fit_usl(a.n, a.candidate);
  return b && c ? first_loss(*b, *c, range.low, range.high)
                : std::numeric_limits<double>::quiet_NaN();
}

/// Order statistics, not type 7: infinite replicates cannot be interpolated.
std::optional<double> bound(const std::vector<double>& sorted, double p) {
  if (sorted.empty()) return std::nullopt;
  const double last = static_cast<double>(sorted.size() - 1);
  const double at = sorted[static_cast<std::size_t>(std::lround(p * last))];
  return std::isfinite(at) ? std::optional(at) : std::nullopt;
}

}  // namespace

double UslFit::at(double n) const {
  return lambda * n / (1 + sigma * (n - 1) + kappa * n * (n - 1));
}

std::optional<double> UslFit::peak() const {
  if (!(kappa > 0) || sigma >= 1) return std::nullopt;
  return std::sqrt((1 - sigma) / kappa);
}

std::optional<UslFit> fit_usl(std::span<const double> concurrency,
                              std::span<const double> throughput) {
  if (!usable(concurrency, throughput)) return std::nullopt;
  Coefficients c = relative_fit(concurrency, throughput, Coefficients::Zero());
  for (int i = 0; i < 50; ++i) {
    const Coefficients next = relative_fit(concurrency, throughput, c);
    if (!(next[0] > 0)) break;
    const bool done = (next - c).norm() <= 1e-10 * c.norm();
    c = next;
    if (done) break;
  }
  if (!(c[0] > 0)) return std::nullopt;
  UslFit fit = to_fit(c);
  fit.rmse_log = log_error(concurrency, throughput, fit);
  return fit;
}

Crossover crossover(std::span<const LoadLevel> levels, double level, std::uint64_t seed,
                    std::size_t replicates, unsigned threads) {
  Crossover out;
  Estimate& e = out.concurrency;
  e.level = level;
  e.method = "crossing of two Universal Scalability Law fits, blocks resampled";
  Range range;
  std::size_t blocks = 0;
  for (const LoadLevel& l : levels) {
    range.low = std::min(range.low, l.concurrency);
    range.high = std::max(range.high, l.concurrency);
    blocks = std::max({blocks, l.baseline.size(), l.candidate.size()});
  }
  e.n = blocks;
  std::vector<std::uint32_t> all(blocks);
  for (std::uint32_t k = 0; k < blocks; ++k) all[k] = k;
  const Averages means = average(levels, all);
  out.baseline = fit_usl(means.n, means.baseline);
  out.candidate = fit_usl(means.n, means.candidate);
  if (!out.baseline || !out.candidate) {
    e.why = "a fit needs throughput above 0 at 3 or more concurrencies in both arms";
    return out;
  }
  const double at = first_loss(*out.baseline, *out.candidate, range.low, range.high);
  out.candidate_wins_everywhere = at == kInf;
  out.candidate_loses_everywhere = at == -kInf;
  if (std::isfinite(at)) {
    e.value = at;
  } else {
    e.why = at > 0 ? "the candidate wins at every concurrency measured"
                   : "the candidate does not win even at the lowest concurrency measured";
  }
  if (blocks < 3) {
    e.warnings.push_back("fewer than 3 blocks: no interval");
    return out;
  }
  BootstrapOptions o;
  o.replicates = replicates;
  o.seed = seed;
  o.threads = threads;
  std::vector<double> found = bootstrap(
      blocks,
      [&](std::span<const std::uint32_t> k) { return crossing_of(average(levels, k), range); }, o);
  std::erase_if(found, [](double x) { return std::isnan(x); });
  std::sort(found.begin(), found.end());
  e.lo = bound(found, (1 - level) / 2);
  e.hi = bound(found, (1 + level) / 2);
  return out;
}

}  // namespace abgate::stats
