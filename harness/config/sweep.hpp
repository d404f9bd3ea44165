#pragma once
// The compact way to write a sweep: a load point whose `concurrency` or `rate` is a list.

#include <string>
#include <vector>

#include "config/node.hpp"

namespace abgate::config {

/// Replaces every such point by one point for each value, in the list's order, with the ids "c4" or
/// "r2.5" written as "r2_5" (before them the point's own id where another point has that id).
/// `requests` and `warmup_requests` may be lists of the same length. What is not written is made to
/// hold the load: warm-up fills every stream, and a block bounded by requests has at least 4 a
/// stream. A list of rates without `arrival` makes Poisson arrivals without a cap. Throws
/// ScenarioError for an empty list, two lists that are swept, or lists of unequal lengths; values
/// are left to the readers.
void expand_sweeps(Node& root);

/// "1,2,4" and "1..64" (doubled from the first, and the last) as the values of a sweep. Throws
/// ScenarioError with the place "--sweep key".
std::vector<std::string> sweep_values(const std::string& key, const std::string& text);

}  // namespace abgate::config
