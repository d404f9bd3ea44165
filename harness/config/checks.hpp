#pragma once
// Rules between the parts of a scenario. Every function throws ScenarioError at the value at fault.

#include "config/cursor.hpp"
#include "core/criterion.hpp"
#include "core/scenario.hpp"

namespace abgate::config {

/// Statistic and form that the metric does not have; fills in the metric's own statistic.
void check_metric_use(const Cursor& at, Criterion& criterion);

/// Reads `value` and `unit` into the metric's unit; refuses units of something else.
void read_threshold(const Cursor& at, Criterion& criterion);

/// Inverted direction, thresholds that nothing can meet, thresholds that everything meets.
void check_threshold(const Cursor& at, const Criterion& criterion);

/// Criteria against the plan: points, sources of data, enough requests for a percentile, unique
/// ids, at least one must. `at` is the list.
void check_criteria(const Cursor& at, const Scenario& scenario);

/// Everything else that needs more than one section. `at` is the whole file.
void check_scenario(const Cursor& at, const Scenario& scenario);

}  // namespace abgate::config
