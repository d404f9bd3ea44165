#pragma once
// Published and independently computed numbers: tests/stats/data/oracles.json.

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "source_dir.hpp"

namespace abgate::stats::test {

inline const nlohmann::json& oracle(const std::string& group) {
  static const nlohmann::json all = [] {
    std::ifstream in(source_dir() + "/tests/stats/data/oracles.json");
    return nlohmann::json::parse(in);
  }();
  return all.at(group);
}

inline std::vector<double> numbers(const nlohmann::json& array) {
  return array.get<std::vector<double>>();
}

/// Within an absolute or, for large numbers, relative tolerance.
inline bool near(double seen, double wanted, double tolerance = 1e-9) {
  const double limit = tolerance * std::max(1.0, std::abs(wanted));
  const bool ok = std::abs(seen - wanted) <= limit;
  if (!ok) UNSCOPED_INFO("saw " << Catch::Detail::stringify(seen) << ", want " << wanted);
  return ok;
}

}  // namespace abgate::stats::test
