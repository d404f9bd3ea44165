// The report of `abgate search slo`.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/chart_curves.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/search.hpp"
#include "report/search_parts.hpp"

namespace abgate::report {

namespace {
using decision::ArmCapacity;
using decision::SloProbe;
using decision::SloSearch;
using Json = nlohmann::ordered_json;

std::string axis_title(const SloSearch& s) {
  return s.axis == decision::Axis::rate ? "requests per second, logarithmic"
                                        : "streams at once, logarithmic";
}

std::string seconds(const std::optional<double>& value) {
  return value ? duration_s(*value) : std::string(kNone);
}
std::string share(const std::optional<double>& value) {
  return value ? percent(*value) : std::string(kNone);
}
std::string load(const SloSearch& s, const std::optional<double>& value) {
  return value ? decision::load_words(s.axis, *value) : std::string(kNone);
}

std::string quantile_name(const SloSearch& s) {
  return "p" + exact(100 * s.slo.attainment);
}

Table capacity_table(const SloSearch& s, const Scenario& scenario) {
  Table table{{"Arm", "Highest load that held", "Lowest load that failed", "Missed there", "Probes",
               "Outcome"},
              "lrrlrl",
              {}};
  for (const ArmCapacity& a : s.arms) {
    table.rows.push_back({md(label_of(scenario, a.arm)), load(s, a.bracket.held),
                          load(s, a.bracket.failed),
                          a.limit.empty() ? std::string(kNone) : md(a.limit),
                          count(a.bracket.probes), std::string(status_words(a.bracket.status))});
  }
  const ArmCapacity *b = s.find(Arm::baseline), *c = s.find(Arm::candidate);
  if (b != nullptr && c != nullptr) {
    const auto r = decision::capacity_ratio(b->bracket, c->bracket);
    const auto side = [](const std::optional<double>& v) {
      return v ? ratio(*v) + "×" : std::string(kNone);
    };
    table.rows.push_back({"Ratio, candidate / baseline", "at least " + side(r.lo),
                          "at most " + side(r.hi), "", "", ""});
  }
  return table;
}

Table probe_table(const SloSearch& s, const Scenario& scenario) {
  const std::string q = quantile_name(s);
  Table table{{"#", "Arm", "Load", "Served", "Blocks", "Requests", "Failed", "Met all", "Bounds",
               "TTFT met", "TPOT met", "TTFT " + q, "TPOT " + q, "Answer"},
              "rlrrrrrrlrrrrl",
              {}};
  std::map<Arm, std::size_t> number;
  for (const ArmCapacity& a : s.arms) {
    std::size_t n = 0;
    for (const SloProbe& p : a.probes) {
      std::string bounds(kNone);
      if (p.lo && p.hi) bounds = fmt::format("{} to {}", percent(*p.lo), percent(*p.hi));
      std::string answer(decision::to_string(p.answer));
      if (!p.why.empty()) answer += ": " + p.why;
      table.rows.push_back({count(++n), md(label_of(scenario, a.arm)),
                            decision::load_words(s.axis, p.value),
                            p.served ? report::number(*p.served) + " req/s" : std::string(kNone),
                            count(p.blocks), count(p.attempted), count(p.failed),
                            percent(p.attainment()), bounds, share(p.met_ttft), share(p.met_tpot),
                            seconds(p.ttft), seconds(p.tpot), md(answer)});
    }
  }
  return table;
}

Chart attainment_chart(const SloSearch& s, const Scenario& scenario) {
  Curves c;
  c.name = "attainment";
  c.title = "Requests that met every objective, by load";
  c.x_title = axis_title(s);
  c.y_title = "requests that met every objective (%)";
  c.labels = labels_of(scenario);
  c.limit = 100 * s.slo.attainment;
  c.limit_text = fmt::format("{} % wanted", exact(*c.limit));
  double lowest = *c.limit;
  std::string csv = "arm,load,attempted,met,failed,attainment,lo,hi,answer\n";
  std::string alt = "Share of requests that met every objective, over the load:";
  for (const ArmCapacity& a : s.arms) {
    auto& points = c.points[index_of(a.arm)];
    for (const SloProbe& p : a.probes) {
      if (p.attempted == 0) continue;
      CurvePoint at{p.value, 100 * p.attainment(), {}, {}};
      if (p.lo && p.hi) {
        at.lo = 100 * *p.lo;
        at.hi = 100 * *p.hi;
      }
      points.push_back(at);
      lowest = std::min(lowest, at.lo.value_or(at.y));
      csv += fmt::format("{},{:g},{},{},{},{},{},{},{}\n", to_string(a.arm), p.value, p.attempted,
                         p.met, p.failed, p.attainment(), p.lo ? fmt::format("{}", *p.lo) : "",
                         p.hi ? fmt::format("{}", *p.hi) : "", decision::to_string(p.answer));
    }
    std::stable_sort(points.begin(), points.end(),
                     [](const CurvePoint& x, const CurvePoint& y) { return x.x < y.x; });
    if (a.bracket.held && a.bracket.failed)
      c.stretches.push_back({*a.bracket.held, *a.bracket.failed, a.arm});
    alt += fmt::format(" {} held up to {} and failed from {};", label_of(scenario, a.arm),
                       load(s, a.bracket.held), load(s, a.bracket.failed));
  }
  alt.back() = '.';
  c.top = 102;
  c.bottom = std::max(0.0, std::floor(lowest / 10) * 10 - 5);
  return {c.name, alt, draw(c, alt, s.simulated), csv};
}

Json real(const std::optional<double>& v) {
  return v && std::isfinite(*v) ? Json(*v) : Json(nullptr);
}

Json probe_json(const SloProbe& p) {
  return {{"point", p.point},
          {"load", p.value},
          {"answer", p.answer == decision::ProbeAnswer::holds   ? "holds"
                     : p.answer == decision::ProbeAnswer::fails ? "fails"
                                                                : "undecided"},
          {"why", p.why},
          {"blocks", p.blocks},
          {"attempted", p.attempted},
          {"met", p.met},
          {"failed", p.failed},
          {"settling", p.settling},
          {"attainment", p.attainment()},
          {"attainment_lo", real(p.lo)},
          {"attainment_hi", real(p.hi)},
          {"met_ttft", real(p.met_ttft)},
          {"met_tpot", real(p.met_tpot)},
          {"met_e2e", real(p.met_e2e)},
          {"ttft_quantile_s", real(p.ttft)},
          {"tpot_quantile_s", real(p.tpot)},
          {"e2e_quantile_s", real(p.e2e)},
          {"served_per_s", real(p.served)},
          {"backlog_grows", p.growing}};
}

std::string json_of(const SloSearch& s, const Manifest& manifest, const Scenario& scenario) {
  const auto limit = [](const std::optional<Duration>& d) {
    return d ? Json(to_seconds(*d)) : Json(nullptr);
  };
  Json arms = Json::array();
  for (const ArmCapacity& a : s.arms) {
    Json probes = Json::array();
    for (const SloProbe& p : a.probes) probes.push_back(probe_json(p));
    arms.push_back({{"arm", to_string(a.arm)},
                    {"label", label_of(scenario, a.arm)},
                    {"status", decision::to_string(a.bracket.status)},
                    {"held", real(a.bracket.held)},
                    {"failed_at", real(a.bracket.failed)},
                    {"open", a.bracket.open},
                    {"contradictions", a.bracket.contradictions},
                    {"missed_at_failed", a.limit},
                    {"probes", std::move(probes)}});
  }
  Json ratio_json(nullptr);
  const ArmCapacity *b = s.find(Arm::baseline), *c = s.find(Arm::candidate);
  if (b != nullptr && c != nullptr) {
    const auto r = decision::capacity_ratio(b->bracket, c->bracket);
    ratio_json = {{"lo", real(r.lo)}, {"hi", real(r.hi)}};
  }
  const auto exit = decision::exit_code(s);
  Json findings = Json::array();
  for (const auto& f : s.findings)
    findings.push_back({{"id", f.id}, {"sentence", f.sentence}, {"remedy", f.remedy}});
  const Json json{{"schema", "abgate/search-slo/v1"},
                  {"run_id", manifest.run_id},
                  {"scenario", manifest.scenario_name},
                  {"simulated", s.simulated},
                  {"axis", decision::to_string(s.axis)},
                  {"unit", s.axis == decision::Axis::rate ? "req/s" : "streams"},
                  {"objectives",
                   {{"attainment", s.slo.attainment},
                    {"ttft_s", limit(s.slo.ttft)},
                    {"tpot_s", limit(s.slo.tpot)},
                    {"e2e_s", limit(s.slo.e2e)}}},
                  {"range", {{"from", s.range.from}, {"to", s.range.to}}},
                  {"precision", s.range.precision},
                  {"alpha", s.rules.alpha},
                  {"found", s.found()},
                  {"precise", s.precise()},
                  {"exit_code", static_cast<int>(exit)},
                  {"capacity_ratio", std::move(ratio_json)},
                  {"arms", std::move(arms)},
                  {"void", std::move(findings)},
                  {"next_step", decision::next_step(s)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string headline(const SloSearch& s, const Scenario& scenario) {
  if (std::string title = void_title(s.end); !title.empty()) return title;
  const std::string ratio_text = decision::ratio_sentence(
      s, label_of(scenario, Arm::baseline), label_of(scenario, Arm::candidate));
  if (!ratio_text.empty()) return "Capacity at the objectives: " + ratio_text;
  return s.found() ? "Capacity at the objectives" : "Capacity at the objectives: not found";
}

std::string how_to_read(const SloSearch& s) {
  return fmt::format(
      "Each probe drives one arm alone at one load, the arms in turn, in {} blocks or more. It "
      "holds "
      "when the share of requests that met every objective is surely at or above {}: exact binomial "
      "on "
      "all its requests and t over its blocks, each one-sided at {} a look ({} over {}); it does "
      "not "
      "hold when the share is surely below. Failed and timed-out requests met nothing. {}A probe "
      "that "
      "decides nothing gets twice the blocks, up to {}.{} The capacity lies between the two loads of the bracket; the interval "
      "of "
      "the ratio is as wide as both brackets together.\n",
      s.rules.first_blocks, percent(s.slo.attainment), report::number(s.rules.alpha_a_look()),
      exact(s.rules.alpha),
      s.rules.looks() == 1 ? "one look" : fmt::format("{} looks", s.rules.looks()),
      s.axis == decision::Axis::rate
          ? "Requests sent before the first answers were complete met an emptier server and do not "
            "count; a probe whose backlog kept growing never holds. "
          : "",
      s.rules.max_blocks,
      s.range.confirm
          ? " Both ends of a bracket that was found were probed a second time, on new requests."
          : "");
}

}  // namespace

std::vector<File> render_search(const SloSearch& s, const Manifest& manifest,
                                const Scenario& scenario) {
  Document out;
  const std::string title = headline(s, scenario);
  out.push_back(Heading{1, title});
  if (s.simulated) out.push_back(Banner{"SIMULATED servers: no statement about any hardware."});
  std::string text = fmt::format("Objectives: {}.\n\n", md_block(decision::objective_words(s.slo)));
  if (const std::string end =
          end_words(s.end, decision::load_words(s.axis, s.end_value), s.findings);
      !end.empty())
    text += md_block(end) + ".\n\n";
  for (const ArmCapacity& a : s.arms)
    text += "- " + md(decision::capacity_sentence(s, a, label_of(scenario, a.arm))) + ".\n";
  if (const std::string next = decision::next_step(s); !next.empty())
    text += "\nNext: " + md(next) + ".\n";
  out.push_back(Paragraph{text});
  out.push_back(capacity_table(s, scenario));
  const Chart chart = attainment_chart(s, scenario);
  out.push_back(Figure{chart.name, chart.alt});
  out.push_back(Heading{2, "Probes"});
  out.push_back(Paragraph{how_to_read(s)});
  out.push_back(probe_table(s, scenario));
  add_search_provenance(manifest, scenario, out);
  return search_files(out, title, {chart}, json_of(s, manifest, scenario));
}

std::string probe_line(const SloSearch& s, const SloProbe& p, const Scenario& scenario) {
  std::string out = fmt::format("{:<10} {:>12}  {:<14} {} of {} met all", label_of(scenario, p.arm),
                                decision::load_words(s.axis, p.value),
                                decision::to_string(p.answer), count(p.met), count(p.attempted));
  if (s.slo.ttft) out += ", TTFT " + quantile_name(s) + " " + seconds(p.ttft);
  if (s.slo.tpot) out += ", TPOT " + quantile_name(s) + " " + seconds(p.tpot);
  if (s.slo.e2e) out += ", end to end " + quantile_name(s) + " " + seconds(p.e2e);
  if (p.failed > 0) out += fmt::format(", {} failed", count(p.failed));
  if (p.growing) out += ", backlog grows";
  return out;
}

std::string console_text(const SloSearch& s, const Scenario& scenario) {
  std::string out;
  if (s.simulated) out += "SIMULATED servers: no statement about any hardware\n";
  out += "Objectives: " + decision::objective_words(s.slo) + "\n";
  if (const std::string end =
          end_words(s.end, decision::load_words(s.axis, s.end_value), s.findings);
      !end.empty())
    out += end + "\n";
  for (const ArmCapacity& a : s.arms)
    out += visible_line(decision::capacity_sentence(s, a, label_of(scenario, a.arm)), 400) + "\n";
  const std::string ratio_text = decision::ratio_sentence(
      s, label_of(scenario, Arm::baseline), label_of(scenario, Arm::candidate));
  if (!ratio_text.empty()) out += visible_line(ratio_text, 400) + "\n";
  if (const std::string next = decision::next_step(s); !next.empty()) out += "Next: " + next + "\n";
  return out;
}

}  // namespace abgate::report
