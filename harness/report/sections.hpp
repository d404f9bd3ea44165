#pragma once
// The parts of the report, in the order in which it is read. Internal to the room.

#include <string>
#include <vector>

#include "report/chart.hpp"
#include "report/document.hpp"
#include "report/input.hpp"

namespace abgate::report {

/// Verdict, scope, criteria table, caveats, noise line, next step: what fits a screen.
void add_first_screen(const Input& in, Document& out);
/// Where to read on; the whole report only.
void add_links(Document& out);
/// One part per criterion: numbers, method, reason, notes.
void add_evidence(const Input& in, const std::vector<Chart>& charts, Document& out);
/// Traps and causes recognised in the data.
void add_explanations(const Input& in, Document& out);
/// Latency and throughput of every load point, failures by class.
void add_load(const Input& in, const std::vector<Chart>& charts, Document& out);
/// What was sent at a load point: arrivals as planned and as sent, prompt lengths, cached shares, and
/// the traffic classes of a mixed load.
void add_workload(const Input& in, const std::string& point, Document& out);
/// What the load consists of and how its answers end, in words.
std::string workload_words(const Scenario& scenario);
/// Scores by category and language, worst pairs, lengths.
void add_quality(const Input& in, const std::vector<Chart>& charts, Document& out);
/// Changed answers beside what asking the baseline twice changes; nothing without a control.
void add_answer_floor(const Input& in, Document& out);
/// Truncation rules and detectors per arm, with A/A; nothing where none fired.
void add_answer_rates(const Input& in, Document& out);
/// Published figures for orientation: of the models at hand, and of perplexities where those were
/// measured.
void add_published(const Input& in, Document& out);
/// Perplexity of reference code and agreement on the baseline's own answers; nothing without them.
void add_likelihood(const Input& in, Document& out);
/// The servers' own counters beside ours, and GPU memory.
void add_servers(const Input& in, const std::vector<Chart>& charts, Document& out);
/// What the harness knows about itself, and the rules of validity.
void add_validity(const Input& in, Document& out);
/// Risks, rollback, sign-off.
void add_closing(const Input& in, Document& out);
/// Where the numbers come from, and what they mean.
void add_provenance(const Input& in, Document& out);
void add_glossary(const Input& in, Document& out);

// Shared by the sections.

/// The arm's label for people, plain; the arm's name if it has none. Control: "FP16 again".
std::string label(const Scenario& scenario, Arm arm);
/// A score's name for people, plain: the scenario's own scorer goes by the name that it was given.
std::string shown_metric(const Input& in, const std::string& metric);
/// Arms that have load blocks at a point, in order.
std::vector<Arm> arms_at(const Input& in, const std::string& point);
/// Load points with data, in the scenario's order.
std::vector<std::string> points_with_data(const Input& in);
/// "8 streams at once", "5 req/s, poisson"; the id itself for a point that the scenario does not have.
std::string load_text(const Scenario& scenario, const std::string& point);
void add_chart(const std::vector<Chart>& charts, const std::string& name, Document& out);

}  // namespace abgate::report
