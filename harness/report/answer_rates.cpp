// How often answers were cut before scoring and caught by a detector, per arm, beside A/A.

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {

using stats::AnswerRate;

std::string share(const stats::Estimate& e) {
  return e.value ? percent(*e.value) : std::string(kNone);
}

std::string difference(const stats::Estimate& e) {
  return e.value ? md(points_interval(*e.value, e.lo, e.hi)) : std::string(kNone);
}

bool differs(const stats::Estimate& e) {
  return e.lo && e.hi && (*e.lo > 0 || *e.hi < 0);
}

Table table_of(const Input& in, const std::string& first, AnswerRate::Kind kind) {
  bool control = false;
  for (const AnswerRate& r : in.comparison.rates)
    control = control || (r.kind == kind && r.n_control > 0);
  Table table{{first, md(label(in.scenario, Arm::baseline)), md(label(in.scenario, Arm::candidate)),
               "Points (90 %)"},
              "lrrr",
              {}};
  if (control) {
    table.header.push_back(md(label(in.scenario, Arm::control)));
    table.header.emplace_back("Points, A/A (90 %)");
    table.align += "rr";
  }
  table.header.insert(table.header.end(), {"n", "Note"});
  table.align += "rl";
  for (const AnswerRate& r : in.comparison.rates) {
    if (r.kind != kind) continue;
    std::vector<std::string> row{md(r.name), share(r.baseline), share(r.candidate),
                                 difference(r.difference)};
    if (control) {
      row.push_back(share(r.control));
      row.push_back(difference(r.floor_difference));
    }
    row.push_back(count(r.n));
    row.emplace_back(!differs(r.difference)        ? ""
                     : differs(r.floor_difference) ? "interval excludes 0, A/A too"
                                                   : "interval excludes 0");
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

void add_answer_rates(const Input& in, Document& out) {
  const Table cuts = table_of(in, "Cut", AnswerRate::Kind::cut);
  const Table flags = table_of(in, "Detector", AnswerRate::Kind::flag);
  if (cuts.rows.empty() && flags.rows.empty()) return;
  out.push_back(Heading{3, "Where answers were cut, and what detectors caught"});
  if (!cuts.rows.empty()) {
    out.push_back(Paragraph{
        "Share of the answers that a rule shortened before scoring; the rules are the same for both "
        "arms. A candidate that is cut more often has forgotten how to stop:\n"});
    out.push_back(cuts);
  }
  if (flags.rows.empty()) return;
  out.push_back(Paragraph{
      "Share of the answers caught by a detector (loops, empty answers, leaked special tokens, "
      "another language). `hit_length` and `suffix_echo` alone are no fault; `run_…` tells how an "
      "executed program ended (`run_forged`: it passed whatever its tests said, which is no pass):\n"});
  out.push_back(flags);
}

}  // namespace abgate::report
