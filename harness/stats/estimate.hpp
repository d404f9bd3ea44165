#pragma once
// A number that cannot be printed without its uncertainty.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace abgate::stats {

struct Estimate {
  std::optional<double> value;  ///< absent: could not be had, `why` says why
  std::optional<double>
      lo;  ///< two-sided interval at `level`; its ends are one-sided bounds at (1+level)/2
  std::optional<double> hi;
  double level = 0.90;
  std::string method;  ///< e.g. "t on 6 block log-ratios"
  std::size_t n = 0;   ///< units of replication
  std::optional<double> n_eff;
  std::string why;  ///< reason of an absent value or bound
  std::vector<std::string> warnings;
};

}  // namespace abgate::stats
