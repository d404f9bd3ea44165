#pragma once
// --set a.b.0.c=value: changes the tree before it is read, so that an override is checked like the
// file.

#include <string>
#include <vector>

#include "config/node.hpp"

namespace abgate::config {

/// Applies "path=value" texts in order. A step of the path is a key, the position in a list (the
/// length appends), or the `id` of a list's item. Missing maps are made; whether the keys exist in
/// the format is left to the readers. Throws ScenarioError with the place "--set path".
void apply_overrides(Node& root, const std::vector<std::string>& overrides);

}  // namespace abgate::config
