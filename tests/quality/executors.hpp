#pragma once
// Executors for tests that hold in every tier.

#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "quality/execute.hpp"
#include "quality/sandbox.hpp"

namespace abgate::quality {

/// One for each tier that works here; the others are skipped with a message.
inline std::vector<std::unique_ptr<Executor>> executors_of_tiers(double wall_s) {
  Limits limits;
  limits.wall_s = wall_s;
  std::vector<std::unique_ptr<Executor>> out;
  for (const Tier tier : {Tier::namespaces, Tier::landlock}) {
    std::string why;
    if (auto sandbox = make_sandbox(tier, why)) {
      out.push_back(std::make_unique<Executor>(std::move(sandbox), limits));
    } else {
      WARN("skipped: tier " << to_string(tier) << ": " << why);
    }
  }
  return out;
}

inline bool runnable(Executor& executor, const SuiteItem& item) {
  std::string why;
  const bool can = executor.can_run(item, why);
  if (!can) WARN("skipped: " << item.language << ": " << why);
  return can;
}

}  // namespace abgate::quality
