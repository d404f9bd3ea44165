// What a search for the capacity at the objectives found, in sentences.

#include <fmt/format.h>

#include <algorithm>

#include "decision/capacity.hpp"
#include "decision/words.hpp"

namespace abgate::decision {

namespace {

std::string duration_words(Duration d) {
  const double s = to_seconds(d);
  return s < 1 ? number(s * 1e3) + " ms" : number(s) + " s";
}

bool any_status(const SloSearch& search, BracketStatus status) {
  return std::any_of(search.arms.begin(), search.arms.end(),
                     [&](const ArmCapacity& a) { return a.bracket.status == status; });
}

std::string ratio_words(double ratio) {
  return number(ratio) + "×";
}

}  // namespace

std::string objective_words(const Slo& slo) {
  std::vector<std::string> parts;
  if (slo.ttft) parts.push_back("TTFT at most " + duration_words(*slo.ttft));
  if (slo.tpot) parts.push_back("TPOT at most " + duration_words(*slo.tpot));
  if (slo.e2e) parts.push_back("end-to-end time at most " + duration_words(*slo.e2e));
  return fmt::format("{} of requests with {}", percent(slo.attainment), list(parts));
}

std::string capacity_sentence(const SloSearch& search, const ArmCapacity& arm,
                              const std::string& label) {
  const Bracket& b = arm.bracket;
  const auto at = [&](double value) { return load_words(search.axis, value); };
  std::string limit;
  if (!arm.limit.empty()) limit = fmt::format(" (most missed there: {})", arm.limit);
  if (b.held && b.failed) {
    std::string out = fmt::format("{} holds the objectives up to {}, and no longer at {}{}", label,
                                  at(*b.held), at(*b.failed), limit);
    if (b.status == BracketStatus::undecided)
      out += fmt::format("; between the two ({} apart, {} were asked for) the requests did not decide",
                         percent(*b.failed / *b.held - 1), percent(search.range.precision));
    if (b.status == BracketStatus::contradictory)
      out += fmt::format("; between the two it was seen to fail at {} and to hold at {}",
                         at(b.contradictions.front().first), at(b.contradictions.front().second));
    return out;
  }
  if (b.held) {
    const bool whole_range = b.status == BracketStatus::all_hold;
    return fmt::format("{} holds the objectives at {}{}; no load was seen at which it fails", label,
                       at(*b.held), whole_range ? ", the highest load searched" : "");
  }
  if (b.failed) {
    const bool whole_range = b.status == BracketStatus::all_fail;
    return fmt::format("{} does not hold the objectives at {}{}{}", label, at(*b.failed),
                       whole_range ? ", the lowest load searched" : "", limit);
  }
  return label + ": nothing could be shown at any load";
}

std::string ratio_sentence(const SloSearch& search, const std::string& baseline,
                           const std::string& candidate) {
  const ArmCapacity *b = search.find(Arm::baseline), *c = search.find(Arm::candidate);
  if (b == nullptr || c == nullptr) return {};
  const OpenInterval r = capacity_ratio(b->bracket, c->bracket);
  if (r.lo && r.hi)
    return fmt::format("{} carries {} to {} the load of {} at these objectives", candidate,
                       ratio_words(*r.lo), ratio_words(*r.hi), baseline);
  if (r.lo)
    return fmt::format("{} carries at least {} the load of {}", candidate, ratio_words(*r.lo),
                       baseline);
  if (r.hi)
    return fmt::format("{} carries at most {} the load of {}", candidate, ratio_words(*r.hi),
                       baseline);
  return {};
}

std::optional<std::string> next_step(SearchEnd end, const std::vector<ValidityFinding>& findings) {
  switch (end) {
    case SearchEnd::client_limited: {
      const std::string remedy = findings.empty() ? "" : findings.front().remedy;
      return remedy.empty() ? "drive the load from a faster or quieter machine" : remedy;
    }
    case SearchEnd::interrupted:
      return "run it again to its end; what was measured is kept";
    case SearchEnd::gone:
      return "find out why the endpoint went away, then run again";
    case SearchEnd::changed:
      return "keep both deployments as they are while the search lasts, then run it again";
    case SearchEnd::complete:
      break;
  }
  return std::nullopt;
}

std::string next_step(const SloSearch& search) {
  if (auto step = next_step(search.end, search.findings)) return *step;
  if (search.precise()) return {};
  if (any_status(search, BracketStatus::all_hold))
    return fmt::format("search higher: --to {}", number(search.range.to * 4));
  if (any_status(search, BracketStatus::all_fail))
    return fmt::format("search lower (--from {}), or ask for less strict objectives (slo)",
                       number(search.range.from / 4));
  if (any_status(search, BracketStatus::out_of_probes))
    return fmt::format("allow more probes (--max-probes {}), or a wider --precision",
                       2 * search.range.max_probes);
  return fmt::format("to narrow it, let a probe send more: --max-blocks {} or more --requests a block",
                     2 * search.rules.max_blocks);
}

}  // namespace abgate::decision
