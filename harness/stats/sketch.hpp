#pragma once
// Distributions of samples that are too many to keep: one a token.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace abgate::stats {

/// Seconds in buckets of 1/64 of a power of two: quantiles of values from 64 ns to 100 years are off
/// by less than 0.8 % (half a bucket's width), and merging parts gives what the whole would. 31 KB
/// whatever the count. Negative values count as 0.
class Sketch {
 public:
  Sketch();
  ~Sketch();
  Sketch(const Sketch& other);
  Sketch(Sketch&& other) noexcept;
  Sketch& operator=(Sketch other) noexcept;

  void add(double seconds, std::uint64_t times = 1);
  void merge(const Sketch& other);
  std::uint64_t count() const;
  /// Type 7 on the buckets' middles, within the smallest and the largest value seen. nullopt without
  /// any values or for p outside [0, 1].
  std::optional<double> quantile(double p) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Keeps every value up to a limit and sketches beyond it.
class Distribution {
 public:
  static constexpr std::size_t kExact = 100'000;

  explicit Distribution(std::size_t exact_limit = kExact) : limit_(exact_limit) {}
  void add(double seconds, std::uint64_t times = 1);
  void merge(const Distribution& other);

  std::uint64_t count() const { return count_; }
  bool exact() const { return !sketch_; }
  std::optional<double> mean() const;
  /// Type 7; of a sketch within 0.8 %.
  std::optional<double> quantile(double p) const;

 private:
  void sketch_all();

  std::size_t limit_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
  std::vector<double> values_;
  std::optional<Sketch> sketch_;
};

/// Gaps between the token-bearing reads of one cell's successes, measured phase.
struct TokenGaps {
  Distribution icg;         ///< one a gap
  Distribution itl;         ///< the gap of k tokens is k samples of gap/k; only where k is known
  std::uint64_t events = 0;  ///< token-bearing
  std::uint64_t batched = 0;  ///< of them, came with the read of the event before
};

}  // namespace abgate::stats
