#pragma once
// Scenarios and prompts for the tests of the plan.

#include <fmt/format.h>

#include "load/plan.hpp"

namespace abgate::load {

inline LoadPoint closed_point(std::size_t concurrency, std::size_t requests) {
  LoadPoint point;
  point.id = fmt::format("c{}", concurrency);
  point.concurrency = concurrency;
  point.requests = requests;
  point.warmup_requests = 2;
  return point;
}

inline Scenario small_scenario() {
  Scenario scenario;
  scenario.name = "small";
  scenario.path = "small.yaml";
  scenario.points = {closed_point(4, 10), closed_point(8, 20)};
  return scenario;
}

inline PromptSet prompts(std::size_t count, const std::string& name = "p") {
  PromptSet set;
  for (std::size_t i = 0; i < count; ++i) {
    PlannedPrompt prompt;
    prompt.id = fmt::format("{}{}", name, i);
    prompt.text = fmt::format("def {}{}():\n", name, i);
    prompt.messages = {{"system", "You write code."}, {"user", prompt.text}};
    set.prompts.push_back(std::move(prompt));
  }
  return set;
}

inline std::vector<const Cell*> cells_of(const Plan& plan, CellKind kind,
                                         const std::string& point = "") {
  std::vector<const Cell*> out;
  for (const Cell& cell : plan.cells) {
    if (cell.kind == kind && (point.empty() || cell.point == point)) out.push_back(&cell);
  }
  return out;
}

}  // namespace abgate::load
