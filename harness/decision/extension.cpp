#include "decision/extension.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "decision/algebra.hpp"
#include "decision/methods.hpp"
#include "decision/words.hpp"
#include "stats/distributions.hpp"

namespace abgate::decision {

bool wants_extension(const Verdict& first_look) {
  if (first_look.decision != Decision::inconclusive || !first_look.validity.empty()) return false;
  return std::any_of(
      first_look.criteria.begin(), first_look.criteria.end(), [](const CriterionResult& r) {
        if (r.criterion.level != Level::must || r.result != Result::inconclusive) return false;
        const MethodChoice choice = choose_method(r.criterion);
        return choice.ok && needs_blocks(choice.method);
      });
}

std::string look_sentence(const Scenario& scenario, unsigned look) {
  if (!scenario.extension) return {};
  look = std::clamp(look, 1U, 2U);
  std::string levels = "each criterion's own level is shared by both looks";
  if (const auto together = shared_alpha(scenario.criteria)) {
    const double alpha = alpha_at_look(*together, look, 2);
    levels = fmt::format("z = {:.3f} at this look, so its bounds hold at {} and both looks together at {}",
                         -stats::normal_quantile(alpha), percent(1 - alpha), percent(1 - *together));
  }
  return fmt::format(
      "Look {} of 2, declared before any load ({} blocks, then at most {}): O'Brien–Fleming, {}{}",
      look, scenario.blocks, scenario.blocks_at_most(), levels,
      look == 1 ? "." : ". No further look is allowed: another run is another attempt.");
}

}  // namespace abgate::decision
