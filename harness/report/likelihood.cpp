// Log-probabilities: perplexity of reference code, the baseline's own answers read by the candidate,
// and each arm's own answers up to where they part.

#include <fmt/format.h>

#include <algorithm>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
using Summary = stats::LikelihoodSummary;

std::string with_interval(const stats::Estimate& e) {
  if (!e.value) return std::string(kNone);
  if (!e.lo || !e.hi) return fmt::format("{:.4f}", *e.value);
  return md(fmt::format("{:.4f} [{:.4f}, {:.4f}]", *e.value, *e.lo, *e.hi));
}

bool is_sampled(const Input& in) {
  return in.scenario.sampling.temperature > 0;
}

/// A share's t interval may end a little beyond what a share can be.
std::string share_with_interval(stats::Estimate e) {
  if (e.lo) e.lo = std::max(0.0, *e.lo);
  if (e.hi) e.hi = std::min(1.0, *e.hi);
  return with_interval(e);
}

Table agreement_table(const Input& in, const Summary& s) {
  Table table{{"Against the baseline", md(label(in.scenario, Arm::candidate))}, "lr", {}};
  if (s.control) {
    table.header.push_back("Baseline again (A/A)");
    table.align += "r";
  }
  const auto row = [&](const std::string& name, const auto& cell) {
    std::vector<std::string> cells{name, cell(s.candidate)};
    if (s.control) cells.push_back(cell(*s.control));
    table.rows.push_back(std::move(cells));
  };
  using A = Summary::Against;
  const bool answers = s.task == LikelihoodTask::answer;
  if (!answers)
    row("Perplexity ratio (90 %)", [](const A& a) { return with_interval(a.ppl_ratio); });
  if (s.candidate.positions == 0) return table;
  row("Same most likely token (90 %)",
      [](const A& a) { return share_with_interval(a.same_top); });
  row("KL divergence, at least, nat/token (90 %)",
      [](const A& a) { return with_interval(a.kl_lower); });
  row("Jensen–Shannon divergence, bounds", [](const A& a) {
    return md(fmt::format("{:.5f} … {:.5f}", a.jsd_lower, a.jsd_upper));
  });
  row("Mass outside the common top tokens", [](const A& a) { return percent(a.tail); });
  // Sampled answers part by the dice, which says nothing about either arm.
  if (s.task == LikelihoodTask::reference || (answers && is_sampled(in))) return table;
  row(answers ? "Answers that diverge" : "Answers that would diverge", [&](const A& a) {
    return fmt::format("{} of {}", count(a.diverged),
                       count(&a == &s.candidate ? s.texts : s.control_texts));
  });
  row("… at a near-tie", [](const A& a) { return count(a.near_ties); });
  row("… by damage", [](const A& a) { return count(a.damage()); });
  if (s.candidate.unclear > 0 || (s.control && s.control->unclear > 0))
    row("… cannot be told", [](const A& a) { return count(a.unclear); });
  row("Median token of the first divergence", [](const A& a) {
    return a.diverged > 0 ? fmt::format("{:.0f}", a.first_divergence) : std::string(kNone);
  });
  row(answers ? "Mean regret there, at least, nat" : "Mean regret there, nat", [](const A& a) {
    return a.diverged > 0 ? fmt::format("{:.3f}", a.regret) : std::string(kNone);
  });
  return table;
}

std::string excess(const Summary& s) {
  if (!s.excess_changed_top || !s.excess_changed_top->value) return "";
  std::string out = fmt::format("Beyond the A/A floor: most likely token changed {}",
                                with_interval(*s.excess_changed_top));
  if (s.excess_kl && s.excess_kl->value)
    out += fmt::format(", KL divergence {} nat/token", with_interval(*s.excess_kl));
  return out + ".\n";
}
/// What was compared, and what the perplexities are.
std::string texts_read(const Input& in, const Summary& s) {
  return fmt::format(
      "{} texts, {} tokens, each predicted from everything before it in the same text. "
      "Perplexity {:.4f} ({}) and {:.4f} ({}).\n",
      count(s.texts), count(s.tokens), s.baseline_ppl, md(label(in.scenario, Arm::baseline)),
      s.candidate_ppl, md(label(in.scenario, Arm::candidate)));
}

std::string confidence(const Input& in, const Summary& s) {
  std::string out;
  for (const Arm arm : {Arm::baseline, Arm::candidate, Arm::control}) {
    const stats::Estimate& e = s.confidence[index_of(arm)];
    if (!e.value) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", md(label(in.scenario, arm)),
                       with_interval(e));
  }
  return out;
}

/// What was compared, how it differs from a text that is read back, and what that hides.
std::string answers_compared(const Input& in, const Summary& s) {
  std::string out = fmt::format(
      "{} pairs of answers, {} tokens: each arm's own answer to a prompt, with the "
      "log-probabilities that came with it, compared up to and with the first token that differs; "
      "up to there both saw the same context. Agreement selects these positions: what follows a "
      "difference is never seen, so that the figures look better than those of texts that both "
      "arms read to their end.\n",
      count(s.texts), count(s.tokens));
  const bool read_back = std::any_of(
      in.comparison.likelihood.begin(), in.comparison.likelihood.end(),
      [](const Summary& other) { return other.task == LikelihoodTask::output && other.texts > 0; });
  if (read_back) {
    out +=
        "\nThe table above is the better evidence, for the answers that it has: there the candidate "
        "read all of each.\n";
  }
  if (is_sampled(in)) {
    out += fmt::format(
        "\nThe answers were sampled (temperature {}): where they part is chance, and not shown.\n",
        number(in.scenario.sampling.temperature));
  }
  out += fmt::format("\nMean log-probability of a token of the whole own answers (90 %): {}.\n",
                     confidence(in, s));
  return out;
}

std::string title_of(LikelihoodTask task) {
  switch (task) {
    case LikelihoodTask::reference:
      return "Log-likelihood of reference code";
    case LikelihoodTask::output:
      return "The baseline's own answers, read by the candidate";
    case LikelihoodTask::answer:
      break;
  }
  return "The arms' own answers, up to where they part";
}

std::string partly_again(const Summary& s) {
  const bool answers = s.task == LikelihoodTask::answer;
  return fmt::format(
      "The A/A column {}over the {} of {} {} that the baseline {} a second time.\n",
      answers ? "is " : "and what is beyond it are ", count(s.control_texts), count(s.texts),
      answers ? "pairs" : "texts", answers ? "gave" : "read");
}
}  // namespace

void add_likelihood(const Input& in, Document& out) {
  for (const Summary& s : in.comparison.likelihood) {
    const bool answers = s.task == LikelihoodTask::answer;
    out.push_back(Heading{3, title_of(s.task)});
    if (s.texts > 0) {
      out.push_back(Paragraph{answers ? answers_compared(in, s) : texts_read(in, s)});
      out.push_back(agreement_table(in, s));
      if (s.control && s.control_texts < s.texts) out.push_back(Paragraph{partly_again(s)});
      if (const std::string beyond = excess(s); !beyond.empty()) out.push_back(Paragraph{beyond});
    }
    if (s.lost > 0) {
      out.push_back(Paragraph{fmt::format("{} {} lost: {}\n", count(s.lost),
                                          answers ? "pairs" : "texts", md(s.why_lost))});
    }
    if (s.candidate.positions > 0) {
      out.push_back(Paragraph{
          "The divergences are bounds from the most likely tokens that the servers give, the rest "
          "lumped; not comparable with figures over the whole vocabulary. A near-tie: the "
          "baseline's own two best tokens were less than 0.05 nat apart.\n"});
    }
  }
}

}  // namespace abgate::report
