#include "truth_table.hpp"

#include <fmt/format.h>

#include <functional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "core/rng.hpp"
#include "decision/calibrate.hpp"
#include "decision/judge.hpp"
#include "decision/simulate.hpp"
#include "report/report.hpp"
#include "sample.hpp"

namespace abgate::test {

namespace {

/// One way that a part of the run can be; it changes the scenario and what was measured.
struct Way {
  const char* name;
  std::function<void(Scenario&, stats::Measurements&)> plant;
};

Criterion& criterion(Scenario& s, const std::string& id) {
  for (Criterion& c : s.criteria) {
    if (c.id == id) return c;
  }
  FAIL("no criterion " << id);
  return s.criteria.front();
}

void fail_memory(Scenario&, stats::Measurements& m) {
  m.memory[index_of(Arm::candidate)].used_peak_gb = 71.9;
}
void open_ratio(Scenario& s, stats::Measurements&) {
  criterion(s, "speed_ratio").value = 2.4;  // truly 2.4: the interval lies on both sides
}
void lose_memory(Scenario&, stats::Measurements& m) {
  m.memory[index_of(Arm::candidate)].used_peak_gb.reset();
  m.memory[index_of(Arm::candidate)].why = "no sample of the GPU's memory";
}

std::vector<Way> validities() {
  return {{"valid", [](Scenario&, stats::Measurements&) {}},
          {"forbids a GO", [](Scenario&, stats::Measurements& m) { m.interrupted = true; }},
          {"VOID", [](Scenario&, stats::Measurements& m) {
             for (stats::BlockArm& b : m.blocks) b.health.client_cpu = 0.97;
           }}};
}

std::vector<Way> musts() {
  return {{"all PASS", [](Scenario&, stats::Measurements&) {}},
          {"one FAIL", fail_memory},
          {"one INCONCLUSIVE", open_ratio},
          {"one missing", lose_memory},
          {"FAIL and INCONCLUSIVE",
           [](Scenario& s, stats::Measurements& m) {
             fail_memory(s, m);
             open_ratio(s, m);
           }},
          {"INCONCLUSIVE and missing",
           [](Scenario& s, stats::Measurements& m) {
             lose_memory(s, m);
             open_ratio(s, m);
           }},
          {"none declared", [](Scenario& s, stats::Measurements&) {
             for (Criterion& c : s.criteria) c.level = Level::target;
           }}};
}

Way target(const char* name, double value) {
  return {name, [value](Scenario& s, stats::Measurements&) {
            Criterion c = criterion(s, "speed");
            c.id = "goal";
            c.title = "Speed goal";
            c.level = Level::target;
            c.value = value;
            s.criteria.push_back(c);
          }};
}

std::vector<Way> targets() {
  return {{"none", [](Scenario&, stats::Measurements&) {}},
          target("PASS", 40),
          target("FAIL", 90),
          target("INCONCLUSIVE", 60),
          {"missing", [](Scenario& s, stats::Measurements& m) {
             target("", 40).plant(s, m);
             s.criteria.back().metric = "throughput";
             for (stats::BlockArm& b : m.blocks) b.throughput = stats::kUndefined;
           }}};
}

/// What `first screen` of a report says after a marker, to the end of the line.
std::string line_after(const std::string& text, const std::string& marker) {
  const auto at = text.find(marker);
  REQUIRE(at != std::string::npos);
  const auto begin = at + marker.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string cell_text(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return text;
}

/// What the rule of the table says, told from the cell's names alone.
decision::Decision wanted(const Way& validity, const Way& must) {
  const std::string v = validity.name, m = must.name;
  if (v == "VOID") return decision::Decision::void_run;
  if (m.starts_with("one FAIL") || m.starts_with("FAIL")) return decision::Decision::no_go;
  return v == "valid" && m == "all PASS" ? decision::Decision::go
                                         : decision::Decision::inconclusive;
}

std::string row(const Way& validity, const Way& must, const Way& target, bool regressed) {
  Sample s;
  s.scenario = decision::five_criteria();
  s.scenario.baseline.label = "FP16";
  s.scenario.candidate.label = "AWQ";
  Rng rng(7);
  s.measurements = decision::simulate({}, {}, {}, rng);
  must.plant(s.scenario, s.measurements);
  target.plant(s.scenario, s.measurements);
  validity.plant(s.scenario, s.measurements);
  decision::JudgeContext context;
  context.regressed = regressed;
  if (regressed) {
    context.history = {
        "regression against history: stream_speed (mean) at c8 is 5.20 % worse than "
        "the median of 30 earlier nights, and so was the night before"};
  }
  s.verdict = decision::judge(s.scenario, s.measurements, {}, context);
  CAPTURE(validity.name, must.name, target.name, s.verdict.headline);
  CHECK(s.verdict.decision == wanted(validity, must));
  const std::string report = report::report_markdown(s.input(), {});
  std::string caveat;
  for (const std::string& c : s.verdict.caveats) {
    if (c.starts_with("target Speed goal") || c.starts_with("regression")) {
      caveat += (caveat.empty() ? "" : "; ") + c;
      CHECK((report.find("egress") != std::string::npos || !regressed));
    }
  }
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", validity.name, must.name,
                     target.name, regressed ? "regressed" : "as before",
                     to_string(s.verdict.decision), static_cast<int>(exit_code(s.verdict)),
                     cell_text(line_after(report, "# ")),
                     cell_text(line_after(report, "**Next:** ")), cell_text(caveat));
}

}  // namespace

std::string complete_truth_table() {
  std::string out =
      "# Every cell of the table\n\n"
      "Taken by the judge from simulated runs with one thing planted, worded by the report.\n\n"
      "| validity | must criteria | target | history | decision | exit | the report's title | next "
      "| "
      "caveats of target and history |\n|---|---|---|---|---|--:|---|---|---|\n";
  for (const Way& validity : validities()) {
    for (const Way& must : musts()) {
      for (const Way& target : targets()) out += row(validity, must, target, false);
      out += row(validity, must, targets().front(), true);
    }
  }
  return out;
}

}  // namespace abgate::test
