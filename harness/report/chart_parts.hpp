#pragma once
// The charts one by one, and what they share. Internal to the room.

#include <optional>
#include <string>
#include <vector>

#include "report/chart.hpp"
#include "report/svg.hpp"

namespace abgate::report {

std::optional<Chart> forest_chart(const Input& in);
std::optional<Chart> blocks_chart(const Input& in);
/// `metric`: "ttft" or "tpot".
std::optional<Chart> ecdf_chart(const Input& in, const std::string& metric,
                                const std::string& point);
std::optional<Chart> load_chart(const Input& in);
/// Throughput over concurrency, or over the rate, of two load points or more.
std::optional<Chart> sweep_chart(const Input& in);
std::optional<Chart> quality_chart(const Input& in);
std::optional<Chart> memory_chart(const Input& in);

inline constexpr double kChartWidth = 760;

bool is_simulated(const Input& in);
std::vector<std::pair<Arm, std::string>> both_labels(const Input& in);
/// The threshold of the first criterion on a metric, in the given form, at a point ("" in the
/// criterion is the scenario's first).
const Criterion* criterion_on(const Input& in, std::string_view metric, Form form,
                              const std::string& point);

}  // namespace abgate::report
