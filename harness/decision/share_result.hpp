#pragma once
// From a statement on shares of requests to a criterion's result; internal to the room.

#include <cstddef>
#include <span>
#include <string>

#include "decision/inputs.hpp"
#include "decision/result.hpp"
#include "decision/shares.hpp"

namespace abgate::decision {

/// What a share is judged against.
struct Shares {
  double allowed = 0.05;
  double alpha_pass = 0.05, alpha_fail = 0.05;
  bool strict = true;
};

/// Requests beyond the limit over requests attempted; 0 without any.
double seen_share(const ShareStatement& e);

/// Result from the statements; bounds must have been set. `what` opens the reason: "not < 1 s".
void settle_share(const Inputs& in, const ShareStatement& e, const Shares& s,
                  const std::string& what, CriterionResult& out);

/// Withdraws a PASS that hangs on how failed requests, or answers without a value, are counted.
void survive_uncertain(std::span<const stats::RunCount> runs,
                       std::span<const std::size_t> uncertain, const Shares& s,
                       CriterionResult& out);

/// Leave the result open and return true where there is too little to say anything.
bool too_few_runs(const Inputs& in, std::size_t runs, CriterionResult& out);
bool too_few_requests(const Inputs& in, std::size_t n, std::size_t need, CriterionResult& out);

}  // namespace abgate::decision
