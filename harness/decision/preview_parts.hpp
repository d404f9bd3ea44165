#pragma once
// The parts of preview(); internal to the room.

#include <cstddef>

#include "decision/preview.hpp"

namespace abgate::decision {

inline constexpr double kPreviewPower = 0.9;

/// What the plan gives one criterion to work with: the candidate's share of it.
struct Supply {
  std::size_t blocks = 0;    ///< paired blocks at the point
  std::size_t requests = 0;  ///< measured requests at the point
  std::size_t all = 0;       ///< at every point, quality pass included
  std::size_t items = 0;
};

/// Marks a criterion as impossible under the plan.
void refuse(CriterionPreview& out, std::string why, std::string remedy);

void preview_memory(const Scenario& scenario, const Criterion& c, CriterionPreview& out);
void preview_quality(const Scenario& scenario, const Criterion& c, const Supply& s,
                     const PriorNoise& noise, CriterionPreview& out);

}  // namespace abgate::decision
