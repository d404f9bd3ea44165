// Teacher-forced likelihood: perplexity of reference code, and the baseline's own answers read by
// the candidate.

#include <fmt/format.h>

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
  row("Perplexity ratio (90 %)", [](const A& a) { return with_interval(a.ppl_ratio); });
  if (s.candidate.positions == 0) return table;
  row("Same most likely token (90 %)", [](const A& a) { return with_interval(a.same_top); });
  row("KL divergence, at least, nat/token (90 %)",
      [](const A& a) { return with_interval(a.kl_lower); });
  row("Jensen–Shannon divergence, bounds", [](const A& a) {
    return md(fmt::format("{:.5f} … {:.5f}", a.jsd_lower, a.jsd_upper));
  });
  row("Mass outside the common top tokens", [](const A& a) { return percent(a.tail); });
  if (s.task != LikelihoodTask::output) return table;
  row("Answers that would diverge", [&](const A& a) {
    return fmt::format("{} of {}", count(a.diverged),
                       count(&a == &s.candidate ? s.texts : s.control_texts));
  });
  row("… at a near-tie", [](const A& a) { return count(a.near_ties); });
  row("… by damage", [](const A& a) { return count(a.diverged - a.near_ties); });
  row("Median token of the first divergence", [](const A& a) {
    return a.diverged > 0 ? fmt::format("{:.0f}", a.first_divergence) : std::string(kNone);
  });
  row("Mean regret there, nat", [](const A& a) {
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
}  // namespace

void add_likelihood(const Input& in, Document& out) {
  for (const Summary& s : in.comparison.likelihood) {
    const bool reference = s.task == LikelihoodTask::reference;
    const std::string title = reference ? "Log-likelihood of reference code"
                                        : "The baseline's own answers, read by the candidate";
    out.push_back(Heading{3, title});
    if (s.texts > 0) {
      out.push_back(Paragraph{fmt::format(
          "{} texts, {} tokens, each predicted from everything before it in the same text. "
          "Perplexity {:.4f} ({}) and {:.4f} ({}).\n",
          count(s.texts), count(s.tokens), s.baseline_ppl, md(label(in.scenario, Arm::baseline)),
          s.candidate_ppl, md(label(in.scenario, Arm::candidate)))});
      out.push_back(agreement_table(in, s));
      if (s.control && s.control_texts < s.texts) {
        out.push_back(Paragraph{fmt::format(
            "The A/A column and what is beyond it are over the {} of {} texts that the baseline "
            "read a second time.\n",
            count(s.control_texts), count(s.texts))});
      }
      if (const std::string beyond = excess(s); !beyond.empty()) out.push_back(Paragraph{beyond});
    }
    if (s.lost > 0) {
      out.push_back(Paragraph{
          fmt::format("{} texts lost: {}\n", count(s.lost), md(s.why_lost))});
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
