#include "decision/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "decision/algebra.hpp"
#include "decision/extension.hpp"
#include "decision/result.hpp"
#include "decision/words.hpp"

namespace abgate::decision {
namespace {

/// A PASS whose bound keeps less than this share of the threshold as margin is called narrow; where
/// a score must keep a share of the baseline, of the loss that is allowed.
constexpr double kNarrow = 0.05;

std::vector<std::string> titles(const Verdict& v, Level level, Result result) {
  std::vector<std::string> out;
  for (const CriterionResult& r : v.criteria) {
    if (r.criterion.level == level && r.result == result) out.push_back(title_of(r.criterion));
  }
  return out;
}

std::string criteria_word(std::size_t n) {
  return n == 1 ? "criterion" : "criteria";
}

std::string headline_of(const Inputs& in, const Verdict& v, const Votes& votes) {
  const std::string who = label_of(in.scenario, Arm::candidate);
  const std::string word(to_string(v.decision));
  switch (v.decision) {
    case Decision::go:
      return fmt::format("{}{}: {} meets all {} must {}", word,
                         v.regressed ? ", but regressed against its history" : "", who, votes.must,
                         criteria_word(votes.must));
    case Decision::no_go:
      return fmt::format("{}: {} does not meet {} of {} must {} ({})", word, who, votes.must_fail,
                         votes.must, criteria_word(votes.must),
                         list(titles(v, Level::must, Result::fail)));
    case Decision::void_run: {
      std::vector<std::string> ids;
      for (const ValidityFinding& f : v.validity) {
        if (f.voids) ids.push_back(f.id);
      }
      return fmt::format("{}: the run proves nothing about {} ({})", word, who, list(ids));
    }
    case Decision::inconclusive:
      break;
  }
  if (votes.must == 0) return fmt::format("{}: no must criterion is declared", word);
  const std::vector<std::string> open = titles(v, Level::must, Result::inconclusive);
  if (!open.empty()) {
    return fmt::format("{}: {} of {} must {} undecided ({})", word, open.size(), votes.must,
                       open.size() == 1 ? "criteria is" : "criteria are", list(open));
  }
  std::vector<std::string> ids;
  for (const ValidityFinding& f : v.validity) ids.push_back(f.id);
  return fmt::format("{}: every must criterion holds, but the run is not valid ({})", word,
                     list(ids));
}

std::string load_of(const LoadPoint& p) {
  if (p.arrival == Arrival::closed)
    return fmt::format("{} ({} at once)", p.id, counted(p.concurrency, "stream"));
  return fmt::format("{} ({})", p.id, arrival_words(p));
}

std::size_t blocks_measured(const Inputs& in) {
  std::size_t most = 0;
  for (const LoadPoint& p : in.scenario.points)
    most = std::max(most, blocks_of(in.m, p.id, Arm::candidate).size());
  return most;
}

std::string scope_of(const Inputs& in) {
  std::vector<std::string> loads;
  for (const LoadPoint& p : in.scenario.points) loads.push_back(load_of(p));
  std::string out = fmt::format("{} against {}", label_of(in.scenario, Arm::candidate),
                                label_of(in.scenario, Arm::baseline));
  if (!loads.empty()) {
    out += fmt::format(" at {}, {} each, cache {}", list(loads),
                       counted(blocks_measured(in), "paired block"),
                       to_string(in.scenario.workload.cache));
  }
  if (!in.m.quality.empty())
    out += fmt::format("; quality on {}", counted(in.m.quality.size(), "item"));
  const auto alpha = shared_alpha(in.scenario.criteria);
  out += fmt::format("; each must criterion at {} one-sided; attempt {}",
                     alpha ? percent(1 - *alpha) : "its own level", in.context.attempt);
  out += ".";
  const std::string look = look_sentence(in.scenario, static_cast<unsigned>(in.context.look));
  return look.empty() ? out : out + " " + look;
}

/// Relative distance between the bound and the threshold of a PASS.
std::optional<double> margin(const CriterionResult& r) {
  if (!r.bound || r.result != Result::pass || r.code == "observed") return std::nullopt;
  const Criterion& c = r.criterion;
  const bool loss = c.metric.starts_with("quality.") && c.form == Form::ratio && c.value < 1;
  const double scale = std::max(loss ? 1 - c.value : std::fabs(c.value), 1e-12);
  return std::fabs(*r.bound - c.value) / scale;
}

void add_criterion_caveats(const Verdict& v, std::vector<std::string>& out) {
  for (const CriterionResult& r : v.criteria) {
    if (r.criterion.level == Level::target && r.result != Result::pass) {
      out.push_back(fmt::format("target {} {}: {}", title_of(r.criterion),
                                r.result == Result::fail ? "is missed" : "is undecided", r.reason));
    }
    const auto left = margin(r);
    if (left && *left < kNarrow)
      out.push_back(fmt::format("{} passes narrowly: {}", title_of(r.criterion), r.reason));
  }
}

void add_quality_caveats(const Inputs& in, std::vector<std::string>& out) {
  for (const stats::QualityGroup& g : in.comparison.quality) {
    if (!g.flagged || g.dimension == "all") continue;
    out.push_back(fmt::format("{} {} may have regressed in {} ({} items{}, Holm-adjusted p {})",
                              g.dimension, g.name, g.metric, count(g.n),
                              g.difference.value ? ", " + points(*g.difference.value) : "",
                              number(g.p_adjusted)));
  }
}

/// Facts about the candidate that a spoiled run leaves standing.
void add_standing_failures(const Inputs& in, const Verdict& v, std::vector<std::string>& out) {
  if (v.decision != Decision::void_run) return;
  const stats::RunCount failed = stats::failures(in.m, "", Arm::candidate);
  if (failed.exceeding > 0) {
    out.push_back(
        fmt::format("what the endpoint did remains true: {} of {} requests to the candidate failed",
                    count(failed.exceeding), count(failed.attempted)));
  }
  const std::size_t restarts = in.m.server[index_of(Arm::candidate)].restarts;
  if (restarts > 0)
    out.push_back("the candidate's server restarted during the run: " +
                  counted(restarts, "restart"));
}

/// Repeating until something passes finds a pass by chance.
void add_attempt_caveat(const Inputs& in, const Verdict& v, std::vector<std::string>& out) {
  const std::size_t n = in.context.attempt;
  if (n < 2) return;
  out.push_back(fmt::format(
      "attempt {}: {} with these criteria came before; a GO picked as the best of {} attempts at a "
      "boundary is wrong with a chance of up to {}, so judge by all of them{}",
      n, counted(n - 1, "run"), n,
      percent(1 - std::pow(1 - shared_alpha(in.scenario.criteria).value_or(0.05),
                           static_cast<double>(n))),
      v.decision == Decision::go ? "" : " and do not repeat until one passes"));
}

void add_scope_caveats(const Inputs& in, std::vector<std::string>& out) {
  if (in.m.simulated)
    out.push_back(
        "simulated: an endpoint said that it is a simulator; nothing here is about real hardware");
  std::size_t highest = 0;
  bool closed = false;
  for (const LoadPoint& p : in.scenario.points) {
    if (p.arrival != Arrival::closed) continue;
    closed = true;
    highest = std::max(highest, p.concurrency);
  }
  if (closed)
    out.push_back(
        fmt::format("not covered: more than {}", counted(highest, "stream") + " at once"));
  const bool quality =
      std::any_of(in.scenario.criteria.begin(), in.scenario.criteria.end(),
                  [](const Criterion& c) { return c.metric.starts_with("quality."); });
  if (!quality) out.push_back("not covered: quality of the answers");
}

/// The remedy that a recognised trap offers, if a failed criterion may be its effect.
const Explanation* first_remedy(const Verdict& v) {
  const auto it = std::find_if(v.explanations.begin(), v.explanations.end(),
                               [](const Explanation& e) { return e.caveat && !e.advice.empty(); });
  return it == v.explanations.end() ? nullptr : &*it;
}

std::string open_steps(const Verdict& v) {
  std::vector<std::string> steps;
  for (const CriterionResult& r : v.criteria) {
    if (r.criterion.level != Level::must || r.result != Result::inconclusive || r.next_step.empty())
      continue;
    steps.push_back(fmt::format("{}: {}", title_of(r.criterion), r.next_step));
  }
  std::string out;
  for (const std::string& s : steps) out += (out.empty() ? "" : "; ") + s;
  return out;
}

std::string next_step_of(const Inputs& in, const Verdict& v) {
  const std::string candidate = label_of(in.scenario, Arm::candidate),
                    baseline = label_of(in.scenario, Arm::baseline);
  switch (v.decision) {
    case Decision::go:
      if (v.regressed) {
        return fmt::format(
            "Find what changed for {} since the earlier nights before relying on this GO.",
            candidate);
      }
      return fmt::format(
          "Promote {} within the scope above, keep {} ready for rollback, and judge again nightly.",
          candidate, baseline);
    case Decision::no_go: {
      const Explanation* remedy = first_remedy(v);
      if (remedy != nullptr) {
        return fmt::format(
            "Keep {} in production. Before the next candidate, remove a known cause ({}): {}",
            baseline, remedy->title, remedy->advice);
      }
      return fmt::format(
          "Keep {} in production (roll back if {} already serves) and try the next candidate.",
          baseline, candidate);
    }
    case Decision::void_run:
      return "Repair the measurement and run again: " + v.validity.front().remedy + ".";
    case Decision::inconclusive:
      break;
  }
  std::string out = fmt::format("Keep {} in production until decided.", baseline);
  const bool declared =
      std::any_of(v.criteria.begin(), v.criteria.end(),
                  [](const CriterionResult& r) { return r.criterion.level == Level::must; });
  if (!declared) out += " Declare at least one criterion of level must.";
  if (const std::string steps = open_steps(v); !steps.empty()) out += " " + steps + ".";
  if (!v.validity.empty()) out += " Validity: " + v.validity.front().remedy + ".";
  return out;
}

}  // namespace

void summarise(const Inputs& in, Verdict& verdict) {
  const Votes votes = count_votes(verdict.criteria, verdict.validity);
  verdict.headline = headline_of(in, verdict, votes);
  verdict.scope = scope_of(in);
  add_standing_failures(in, verdict, verdict.caveats);
  for (const std::string& s : in.context.history) verdict.caveats.push_back(s);
  add_attempt_caveat(in, verdict, verdict.caveats);
  add_criterion_caveats(verdict, verdict.caveats);
  for (const Explanation& e : verdict.explanations) {
    if (e.caveat) verdict.caveats.push_back(e.title + ": " + e.evidence);
  }
  add_quality_caveats(in, verdict.caveats);
  for (const std::string& s : unchecked(in)) verdict.caveats.push_back(s);
  add_scope_caveats(in, verdict.caveats);
  verdict.next_step = next_step_of(in, verdict);
}

}  // namespace abgate::decision
