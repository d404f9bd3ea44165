// Times our paired bootstrap: 10,000 replicates of Σ candidate / Σ baseline over 100,000 pairs.
// Usage: bench_bootstrap [PAIRS [REPLICATES [THREADS]]]; prints seconds and the 95 % interval.

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "core/rng.hpp"
#include "stats/bootstrap.hpp"

int main(int argc, char** argv) {
  const auto argument = [&](int i, std::size_t otherwise) {
    return argc > i ? static_cast<std::size_t>(std::strtoull(argv[i], nullptr, 10)) : otherwise;
  };
  const std::size_t pairs = argument(1, 100000);
  abgate::stats::BootstrapOptions options;
  options.replicates = argument(2, 10000);
  options.threads = static_cast<unsigned>(argument(3, 2));
  abgate::Rng rng(11);
  std::vector<double> baseline(pairs), candidate(pairs);
  for (std::size_t i = 0; i < pairs; ++i) {
    baseline[i] = std::exp(0.3 * rng.normal());
    candidate[i] = 0.5 * baseline[i] * std::exp(0.1 * rng.normal());
  }
  const auto begin = std::chrono::steady_clock::now();
  auto replicates = abgate::stats::bootstrap_ratio(baseline, candidate, options);
  const auto e = abgate::stats::percentile_interval(std::move(replicates), 0.5, 0.95);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << took.count() << " " << e.lo.value_or(0) << " " << e.hi.value_or(0) << "\n";
}
