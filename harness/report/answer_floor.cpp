// The A/A floor of the answers beside what the candidate changed.

#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
std::string share(const stats::Estimate& e) {
  if (!e.value) return std::string(kNone);
  if (!e.lo || !e.hi) return percent(*e.value);
  return md(fmt::format("{} [{}, {}]", percent(*e.value), percent(*e.lo), percent(*e.hi)));
}
}  // namespace

void add_answer_floor(const Input& in, Document& out) {
  if (in.comparison.floor.empty()) return;
  Table table{{"Score", "Changed by the candidate (90 %)", "Changed by asking the baseline again",
               "Excess (90 %)", "Mean change", "Mean change, A/A", "n"},
              "lrrrrrr",
              {}};
  std::string unresolved;
  for (const stats::AnswerFloor& f : in.comparison.floor) {
    table.rows.push_back({md(shown_metric(in, f.metric)), share(f.changed), share(f.floor), share(f.excess),
                          share(f.difference), share(f.floor_difference), count(f.n)});
    if (f.unresolved)
      unresolved += fmt::format("{}{} ({})", unresolved.empty() ? "" : ", ", md(f.metric),
                                percent(*f.floor.value));
  }
  out.push_back(Heading{3, "The noise of the answers (baseline asked twice)"});
  out.push_back(table);
  if (!unresolved.empty()) {
    out.push_back(Paragraph{fmt::format(
        "This setting cannot resolve 5 %: asking the baseline again changes more than 5 % of the "
        "answers in {}. Average more repeats (quality.repeats: 3), or serve with batch "
        "invariance.\n",
        unresolved)});
  }
}

}  // namespace abgate::report
