#include "core/manifest.hpp"

#include <fmt/format.h>

namespace abgate {

std::string describe(const LogprobFacts& facts) {
  if (facts.wanted == 0) return "log-probabilities of the answers: none wanted (quality.logprobs: 0)";
  if (facts.top == 0) {
    return fmt::format("log-probabilities of the answers: not asked of any arm, because {}",
                       facts.why);
  }
  std::string out = "log-probabilities of the answers: ";
  out += facts.top < facts.wanted
             ? fmt::format("{} of the {} most likely tokens wanted", facts.top, facts.wanted)
             : fmt::format("the {} most likely tokens", facts.top);
  out += facts.ids ? " of each position, by token id" : " of each position, by text";
  return facts.why.empty() ? out : fmt::format("{} ({})", out, facts.why);
}

}  // namespace abgate
