#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
using stats::BlockArm;

/// The worst of a figure over every cell, with the cell it comes from.
struct Worst {
  double value = 0;
  std::string where = "no cell";
};

template <typename Figure>
Worst worst(const Input& in, const Figure& figure, bool open_only = false) {
  Worst out;
  bool first = true;
  for (const BlockArm& b : in.measurements.blocks) {
    if (open_only && b.arrival == Arrival::closed) continue;
    const double value = figure(b);
    if (!first && value <= out.value) continue;
    first = false;
    out = {value, fmt::format("{} {} block {}", to_string(b.arm), b.point, b.block + 1)};
  }
  return out;
}

void lag_row(Table& table, const char* name, const Worst& w, Duration limit) {
  const bool known = w.where != "no cell";
  table.rows.push_back({name, known ? duration_s(w.value) : "n/a",
                        fmt::format("≤ {}", duration(limit)),
                        known ? md(w.where) : std::string(kNone),
                        !known                         ? "not checked"
                        : w.value <= to_seconds(limit) ? "holds"
                                                       : "does not hold"});
}

/// Version, model, context and tokens of the servers, asked before the load and after it.
void deployment_row(const Input& in, Table& table) {
  const auto& before = in.manifest.servers;
  const auto& after = in.manifest.servers_after;
  const bool changed = std::any_of(in.verdict.validity.begin(), in.verdict.validity.end(),
                                   [](const auto& f) { return f.id == "fingerprint"; });
  const std::size_t asked = std::min(before.size(), after.size());
  table.rows.push_back({"Deployments the same after the run (asked again)",
                        fmt::format("{} of {}", count(asked), count(before.size())), "all",
                        std::string(kNone),
                        changed                                   ? "does not hold"
                        : before.empty() || asked < before.size() ? "not checked"
                                                                  : "holds"});
}

/// What the kernel told of the connections; of a run that was stored without it, nothing.
void add_sockets(const Input& in, Table& table) {
  const ValidityRules& rules = in.scenario.validity;
  const auto known = [](const BlockArm& b) { return b.health.tcp.known; };
  const auto& blocks = in.measurements.blocks;
  const bool any = std::any_of(blocks.begin(), blocks.end(), known);
  TcpCounts sum;
  for (const BlockArm& b : blocks) {
    sum.segments_out += b.health.tcp.segments_out;
    sum.segments_in += b.health.tcp.segments_in;
    sum.retransmits += b.health.tcp.retransmits;
    sum.out_of_order += b.health.tcp.out_of_order;
  }
  const Worst lost = worst(in, [](const BlockArm& b) { return lost_share(b.health.tcp); });
  table.rows.push_back(
      {"TCP segments lost or reordered",
       any ? fmt::format("{} (in all {} of {} sent again, {} of {} received behind a gap)",
                         percent(lost.value), count(sum.retransmits), count(sum.segments_out),
                         count(sum.out_of_order), count(sum.segments_in))
           : "n/a",
       "≤ " + exact(100 * rules.max_retransmits) + " %", any ? md(lost.where) : std::string(kNone),
       !any                                  ? "not checked"
       : lost.value <= rules.max_retransmits ? "holds"
                                             : "does not hold"});
  const Worst queue = worst(
      in, [](const BlockArm& b) { return static_cast<double>(b.health.receive_queue_p99); });
  table.rows.push_back(
      {"Bytes waiting in a socket when read, p99",
       any ? count(static_cast<std::size_t>(queue.value)) : "n/a",
       "≤ " + count(static_cast<std::size_t>(rules.max_receive_queue)),
       any ? md(queue.where) : std::string(kNone),
       !any                                                               ? "not checked"
       : queue.value <= static_cast<double>(rules.max_receive_queue) ? "holds"
                                                                         : "does not hold"});
}

Table self_audit(const Input& in) {
  const ValidityRules& rules = in.scenario.validity;
  Table table{{"Check", "Worst seen", "Allowed", "Where", "Result"}, "lrrll", {}};
  lag_row(table, "Loop lag p99 (wake-up to stamp)",
          worst(in, [](const BlockArm& b) { return to_seconds(b.health.loop_lag_p99); }),
          rules.max_loop_lag_p99);
  lag_row(table, "Schedule lag p99 (sent − due, open loop)",
          worst(
              in, [](const BlockArm& b) { return to_seconds(b.health.schedule_lag_p99); }, true),
          rules.max_schedule_lag_p99);
  lag_row(table, "Wake lag p99 (due to running)",
          worst(in, [](const BlockArm& b) { return to_seconds(b.health.wake_lag_p99); }),
          rules.max_loop_lag_p99);
  const Worst cpu = worst(in, [](const BlockArm& b) { return b.health.client_cpu; });
  const bool measured = cpu.where != "no cell";
  table.rows.push_back({"Client CPU (share of one core)", measured ? percent(cpu.value) : "n/a",
                        "≤ " + exact(100 * rules.max_client_cpu) + " %",
                        measured ? md(cpu.where) : std::string(kNone),
                        !measured                           ? "not checked"
                        : cpu.value <= rules.max_client_cpu ? "holds"
                                                            : "does not hold"});
  add_sockets(in, table);
  const auto all = static_cast<std::size_t>(
      std::count_if(in.measurements.blocks.begin(), in.measurements.blocks.end(),
                    [](const BlockArm& b) { return b.kind == CellKind::load; }));
  const auto steady = static_cast<std::size_t>(
      std::count_if(in.measurements.blocks.begin(), in.measurements.blocks.end(),
                    [](const BlockArm& b) { return b.kind == CellKind::load && b.window.steady; }));
  table.rows.push_back({"Cells with a steady window",
                        fmt::format("{} of {}", count(steady), count(all)), "all",
                        std::string(kNone),
                        all == 0        ? "not checked"
                        : steady == all ? "holds"
                                        : "does not hold"});
  deployment_row(in, table);
  std::size_t ours = 0, stalls = 0;
  for (const BlockArm& b : in.measurements.blocks) {
    ours += b.ours;
    stalls += b.health.recorder_stalls;
  }
  table.rows.push_back({"Requests lost to this machine", count(ours), "0", std::string(kNone),
                        ours == 0 ? "holds" : "does not hold"});
  table.rows.push_back({"Times that the loop waited for the recording thread", count(stalls),
                        std::string(kNone), std::string(kNone), "seen in the loop lag"});
  table.rows.push_back({"Cells missing from the plan", count(in.measurements.missing_cells.size()),
                        "0", std::string(kNone),
                        in.measurements.missing_cells.empty() ? "holds" : "does not hold"});
  return table;
}

Table windows(const Input& in) {
  Table table{{"Point", "Block", "Arm", "Wall", "Steady window", "Why there", "Requests", "Failed",
               "Loop lag p99", "Wake lag p99", "Starts a turn", "CPU"},
              "lrlrllrrrrrr",
              {}};
  for (const BlockArm& b : in.measurements.blocks) {
    const std::string span = fmt::format("{}–{} s{}", number(b.window.begin), number(b.window.end),
                                         b.window.steady ? "" : ", not steady");
    table.rows.push_back({md(b.point),
                          fmt::format("{}{}", b.kind == CellKind::aa ? "A/A " : "", b.block + 1),
                          std::string(to_string(b.arm)), duration_s(b.wall_seconds), span,
                          md(b.window.why), count(b.attempted), count(b.failed),
                          duration(b.health.loop_lag_p99), duration(b.health.wake_lag_p99),
                          count(b.health.max_starts_per_turn), percent(b.health.client_cpu)});
  }
  return table;
}

/// Token-bearing events a second of the busiest cell, arms that ran together added up: about what
/// the client's loop had to take.
double busiest(const Input& in) {
  std::map<std::string, double> cells;
  for (const BlockArm& b : in.measurements.blocks) {
    if (!b.gaps || !(b.wall_seconds > 0)) continue;
    const bool together = in.scenario.mode == Mode::concurrent && b.kind == CellKind::load;
    const std::string key = fmt::format("{} {} {}", b.point, b.block, to_string(b.kind)) +
                            (together ? "" : std::string(to_string(b.arm)));
    cells[key] += static_cast<double>(b.gaps->events) / b.wall_seconds;
  }
  double most = 0;
  for (const auto& [cell, rate] : cells) most = std::max(most, rate);
  return most;
}

void add_loops(const Input& in, Document& out) {
  std::uint32_t loops = 1;
  for (const BlockArm& b : in.measurements.blocks) loops = std::max(loops, b.health.loops);
  if (loops == 1) return;
  out.push_back(Paragraph{fmt::format(
      "The client drove its largest cells with {} loops, a thread each: CPU and wake lag are those "
      "of the busiest one.\n", loops)});
}

/// What the client measured of itself before the run.
void add_calibration(const Input& in, Document& out) {
  const auto& c = in.manifest.calibration;
  if (!c) {
    out.push_back(Paragraph{
        "The client was not calibrated before this run (`abgate calibrate client`).\n"});
    return;
  }
  const std::string trust =
      c->trusted_per_second > 0
          ? fmt::format("It is trusted to {}{} events/s (stamp error p99 of at most 10 ms).",
                        c->more_possible ? "at least " : "", number(c->trusted_per_second))
          : "**It is not to be trusted at this rate.**";
  const double most = busiest(in);
  std::string seen = most > 0 ? fmt::format(" The busiest cell brought about {} events/s.", number(most)) : "";
  if (most > c->trusted_per_second && !c->more_possible)
    seen += " **That is more than it is trusted to.**";
  out.push_back(Paragraph{fmt::format(
      "Calibrated before the load against a null endpoint ({} streams, {} events/s): this machine "
      "adds p50 {} ms and p99 {} ms to TTFT, p50 {} ms and p99 {} ms to ITL (absolute). {}{}\n",
      count(c->streams), number(c->events_per_second), number(c->ttft_p50_ms),
      number(c->ttft_p99_ms), number(c->itl_p50_ms), number(c->itl_p99_ms), trust, seen)});
}

void add_findings(const Input& in, Document& out) {
  if (in.verdict.validity.empty()) {
    out.push_back(Paragraph{"Every rule of validity that could be checked holds.\n"});
    return;
  }
  std::string list;
  for (const decision::ValidityFinding& f : in.verdict.validity) {
    list +=
        fmt::format("- **{}** ({}): {}{}\n", md(f.id), f.voids ? "voids the run" : "forbids a GO",
                    md(f.sentence), f.remedy.empty() ? "" : " Remedy: " + md(f.remedy));
  }
  out.push_back(Paragraph{list});
}

void add_list(const char* title, const std::vector<std::string>& items, Document& out) {
  if (items.empty()) return;
  std::string list = fmt::format("{}\n\n", title);
  for (const std::string& item : items) list += fmt::format("- {}\n", md_block(item));
  out.push_back(Paragraph{list});
}

Table noise(const Input& in) {
  Table table{{"Baseline against itself", "Point", "Ratio (90 %)", "Blocks"}, "llrr", {}};
  for (const stats::AaComparison& aa : in.comparison.aa) {
    table.rows.push_back({md(aa.metric), md(aa.point),
                          fmt::format("{}× {}", ratio(aa.ratio.value.value_or(stats::kUndefined)),
                                      md(interval(aa.ratio.lo, aa.ratio.hi))),
                          count(aa.ratio.n)});
  }
  return table;
}

/// How much of a deviation voids and how much only forbids a GO (decision/noise.hpp, validity.cpp).
std::string grading(const Input& in) {
  const double tolerated = in.scenario.validity.aa_max_half_width;
  std::string out;
  if (in.scenario.validity.aa_must_contain_one) {
    out = fmt::format(
        "The baseline against itself: VOID where it differs at 99.9 % over all metrics and by more "
        "than ±{}; no GO where it differs at 99 % and by more than ±{}; below that, results must "
        "clear the difference. ",
        percent(tolerated), percent(tolerated / 5));
  }
  return out +
         "Steady state: VOID where throughput drifts (halves of a block differ by more than 5 % at "
         "p < 0.001) in more than a third of an arm's blocks, and in two at least; no GO where the "
         "load of a point was never held and a criterion reads its steady window.\n";
}
}  // namespace

void add_validity(const Input& in, Document& out) {
  out.push_back(Heading{2, "Validity"});
  add_findings(in, out);
  out.push_back(self_audit(in));
  add_loops(in, out);
  add_calibration(in, out);
  if (const Table table = noise(in); !table.rows.empty()) out.push_back(table);
  if (!in.measurements.blocks.empty()) out.push_back(Paragraph{grading(in)});
  add_list("Missing cells:", in.measurements.missing_cells, out);
  add_list("Notes of the run:", in.measurements.notes, out);
  if (in.measurements.blocks.empty()) return;
  out.push_back(DetailsBegin{"Every cell"});
  out.push_back(windows(in));
  out.push_back(DetailsEnd{});
}

}  // namespace abgate::report
