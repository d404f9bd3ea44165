#pragma once
// A small run folder with everything that a judge reads: three closed points that cross, A/A
// blocks, a quality pass.

#include <cstdint>
#include <string>

#include "core/record.hpp"

namespace abgate::test {

struct StoredRunOptions {
  std::uint64_t seed = 7;
  bool shuffled = false;  ///< records of a cell in another order than they were sent
};

/// Writes it below `out` and returns its folder. Equal options give equal records.
std::string store_small_run(const std::string& out, const StoredRunOptions& options = {});

}  // namespace abgate::test
