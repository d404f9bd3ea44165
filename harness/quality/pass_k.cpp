// pass@k from repeats (execute.hpp).

#include <map>
#include <utility>

#include "quality/execute.hpp"

namespace abgate::quality {

std::size_t add_pass_at_k(std::vector<ItemScore>& scores, std::size_t k) {
  struct Tally {
    std::size_t n = 0, correct = 0;
  };
  std::map<std::pair<Arm, std::string>, Tally> tallies;
  for (const ItemScore& s : scores) {
    const auto pass = s.scores.find("pass1");
    if (pass == s.scores.end()) continue;
    Tally& t = tallies[{s.arm, s.item}];
    ++t.n;
    t.correct += pass->second > 0 ? 1U : 0U;
  }
  for (ItemScore& s : scores) {
    if (s.scores.count("pass1") == 0) continue;
    const Tally& t = tallies[{s.arm, s.item}];
    if (t.n >= k) s.scores["pass_at_k"] = pass_at_k(t.n, t.correct, k);
  }
  std::size_t lacking = 0;
  for (const auto& [key, t] : tallies) lacking += t.n < k ? 1U : 0U;
  return lacking;
}

}  // namespace abgate::quality
