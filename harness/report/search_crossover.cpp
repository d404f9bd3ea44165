// The report of `abgate search crossover`.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/criterion.hpp"
#include "report/chart_curves.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/search.hpp"
#include "report/search_parts.hpp"

namespace abgate::report {

namespace {
using decision::CrossoverSearch;
using decision::RatioProbe;
using Json = nlohmann::ordered_json;

std::string unit_of(const std::string& metric) {
  const MetricInfo* info = find_metric(metric);
  return info == nullptr ? "" : std::string(info->unit);
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  std::size_t n = 0;
  for (const double v : values) {
    if (std::isnan(v)) continue;
    sum += v;
    ++n;
  }
  return n == 0 ? std::nan("") : sum / static_cast<double>(n);
}

std::vector<RatioProbe> by_load(const CrossoverSearch& s) {
  std::vector<RatioProbe> out = s.probes;
  std::stable_sort(out.begin(), out.end(),
                   [](const RatioProbe& a, const RatioProbe& b) { return a.value < b.value; });
  return out;
}

std::string winner_words(const RatioProbe& p) {
  switch (p.answer) {
    case decision::ProbeAnswer::holds:
      return "candidate wins";
    case decision::ProbeAnswer::fails:
      return "candidate does not win";
    case decision::ProbeAnswer::undecided:
      return "cannot tell";
  }
  return "?";
}

std::string ratio_words(const RatioProbe& p) {
  if (!p.ratio.value) return std::string(kNone);
  return fmt::format("{}× {}", ratio(*p.ratio.value), interval(p.ratio.lo, p.ratio.hi));
}

Table probe_table(const CrossoverSearch& s, const Scenario& scenario) {
  const std::string unit = unit_of(s.metric);
  Table table{{"Streams", label_of(scenario, Arm::baseline) + " (" + unit + ")",
               label_of(scenario, Arm::candidate) + " (" + unit + ")", "Advantage of the candidate",
               "Blocks", "Requests", "Failed", "Answer"},
              "rrrrrrrl",
              {}};
  for (auto& cell : table.header) cell = md(cell);
  for (const RatioProbe& p : by_load(s)) {
    std::string answer = winner_words(p);
    if (!p.why.empty()) answer += ": " + p.why;
    table.rows.push_back({exact(p.value), number(mean(p.baseline)), number(mean(p.candidate)),
                          md(ratio_words(p)), count(p.ratio.n),
                          count(p.attempted[0] + p.attempted[1]),
                          count(p.failed[0] + p.failed[1]), md(answer)});
  }
  return table;
}

Chart ratio_chart(const CrossoverSearch& s, const Scenario& scenario) {
  Curves c;
  c.name = "ratio";
  c.title = fmt::format("Advantage of the candidate in {}, by concurrency", s.metric);
  c.x_title = "streams at once, logarithmic";
  c.y_title = "advantage of the candidate (×)";
  c.labels = {{Arm::candidate, label_of(scenario, Arm::candidate) + " against " +
                                   label_of(scenario, Arm::baseline)}};
  c.limit = s.threshold;
  c.limit_text = s.threshold == 1 ? "1: equal" : fmt::format("{} wanted", exact(s.threshold));
  c.log_y = true;
  std::string csv = "streams,ratio,lo,hi,answer\n";
  for (const RatioProbe& p : by_load(s)) {
    if (!p.ratio.value) continue;
    c.points[1].push_back({p.value, *p.ratio.value, p.ratio.lo, p.ratio.hi});
    csv += fmt::format("{:g},{},{},{},{}\n", p.value, *p.ratio.value,
                       p.ratio.lo ? fmt::format("{}", *p.ratio.lo) : "",
                       p.ratio.hi ? fmt::format("{}", *p.ratio.hi) : "",
                       decision::to_string(p.answer));
  }
  if (s.bracket.held && s.bracket.failed)
    c.stretches.push_back({*s.bracket.held, *s.bracket.failed, Arm::candidate});
  const std::string alt = c.title + ": " +
                          decision::crossover_sentence(s, label_of(scenario, Arm::baseline),
                                                       label_of(scenario, Arm::candidate)) +
                          ".";
  return {c.name, alt, draw(c, alt, s.simulated), csv};
}

Chart level_chart(const CrossoverSearch& s, const Scenario& scenario) {
  Curves c;
  c.name = "levels";
  c.title = fmt::format("{} of both arms, by concurrency", s.metric);
  c.x_title = "streams at once, logarithmic";
  c.y_title = fmt::format("{} ({})", s.metric, unit_of(s.metric));
  c.labels = labels_of(scenario);
  c.log_y = true;
  std::string csv = "streams,baseline,candidate\n";
  for (const RatioProbe& p : by_load(s)) {
    c.points[0].push_back({p.value, mean(p.baseline), {}, {}});
    c.points[1].push_back({p.value, mean(p.candidate), {}, {}});
    csv += fmt::format("{:g},{},{}\n", p.value, mean(p.baseline), mean(p.candidate));
  }
  if (s.bracket.held && s.bracket.failed)
    c.stretches.push_back({*s.bracket.held, *s.bracket.failed, Arm::candidate});
  if (s.fit && s.fit->baseline && s.fit->candidate) {
    constexpr int kSteps = 60;
    for (int i = 0; i <= kSteps; ++i) {
      const double n = s.range.from * std::pow(s.range.to / s.range.from, i / double{kSteps});
      c.smooth[0].emplace_back(n, s.fit->baseline->at(n));
      c.smooth[1].emplace_back(n, s.fit->candidate->at(n));
    }
  }
  const std::string alt = c.title + (s.fit ? ". Grey: the scalability laws fitted to them." : ".");
  return {c.name, alt, draw(c, alt, s.simulated), csv};
}

Json real(const std::optional<double>& v) {
  return v && std::isfinite(*v) ? Json(*v) : Json(nullptr);
}
Json reals(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double v : values) out.push_back(std::isfinite(v) ? Json(v) : Json(nullptr));
  return out;
}

std::string json_of(const CrossoverSearch& s, const Manifest& manifest) {
  Json probes = Json::array();
  for (const RatioProbe& p : s.probes) {
    probes.push_back({{"point", p.point},
                      {"streams", p.value},
                      {"answer", p.answer == decision::ProbeAnswer::holds   ? "wins"
                                 : p.answer == decision::ProbeAnswer::fails ? "does_not_win"
                                                                            : "undecided"},
                      {"why", p.why},
                      {"advantage", real(p.ratio.value)},
                      {"lo", real(p.ratio.lo)},
                      {"hi", real(p.ratio.hi)},
                      {"level", p.ratio.level},
                      {"blocks", p.ratio.n},
                      {"baseline", reals(p.baseline)},
                      {"candidate", reals(p.candidate)},
                      {"failed_baseline", p.failed[0]},
                      {"failed_candidate", p.failed[1]},
                      {"cells_without_steady_window", p.unsteady}});
  }
  Json fit(nullptr);
  if (s.fit) {
    fit = {{"crossing", real(s.fit->concurrency.value)},
           {"lo", real(s.fit->concurrency.lo)},
           {"hi", real(s.fit->concurrency.hi)},
           {"why", s.fit->concurrency.why}};
    const auto law = [](const stats::UslFit& f) {
      return Json{{"lambda", f.lambda}, {"sigma", f.sigma}, {"kappa", f.kappa},
                  {"rmse_log", f.rmse_log}};
    };
    if (s.fit->baseline) fit["baseline"] = law(*s.fit->baseline);
    if (s.fit->candidate) fit["candidate"] = law(*s.fit->candidate);
  }
  Json findings = Json::array();
  for (const auto& f : s.findings)
    findings.push_back({{"id", f.id}, {"sentence", f.sentence}, {"remedy", f.remedy}});
  const Json json{{"schema", "abgate/search-crossover/v1"},
                  {"run_id", manifest.run_id},
                  {"scenario", manifest.scenario_name},
                  {"simulated", s.simulated},
                  {"metric", s.metric},
                  {"threshold", s.threshold},
                  {"range", {{"from", s.range.from}, {"to", s.range.to}}},
                  {"answer", decision::to_string(s.answer())},
                  {"status", decision::to_string(s.bracket.status)},
                  {"wins_up_to", real(s.bracket.held)},
                  {"not_from", real(s.bracket.failed)},
                  {"open", s.bracket.open},
                  {"contradictions", s.bracket.contradictions},
                  {"exit_code", static_cast<int>(decision::exit_code(s))},
                  {"fit", std::move(fit)},
                  {"probes", std::move(probes)},
                  {"void", std::move(findings)},
                  {"next_step", decision::next_step(s)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string sentence(const CrossoverSearch& s, const Scenario& scenario) {
  return decision::crossover_sentence(s, label_of(scenario, Arm::baseline),
                                      label_of(scenario, Arm::candidate));
}

}  // namespace

std::vector<File> render_search(const CrossoverSearch& s, const Manifest& manifest,
                                const Scenario& scenario) {
  Document out;
  const std::string void_words = void_title(s.end);
  const std::string title =
      !void_words.empty() ? void_words : "Crossover: " + sentence(s, scenario);
  out.push_back(Heading{1, title});
  if (s.simulated) out.push_back(Banner{"SIMULATED servers: no statement about any hardware."});
  std::string text;
  if (const std::string end =
          end_words(s.end, decision::load_words(decision::Axis::concurrency, s.end_value),
                    s.findings);
      !end.empty())
    text += md_block(end) + ".\n\n";
  const MetricInfo* info = find_metric(s.metric);
  text += fmt::format("Metric: {}{}.\n", md_code(s.metric),
                      info == nullptr ? "" : ", " + md(std::string(info->definition)));
  if (const std::string fit = decision::fit_sentence(s); !fit.empty())
    text += "\nBeside the bracket, which needs no model: " + md(fit) + " (90 % interval).\n";
  if (const std::string next = decision::next_step(s); !next.empty())
    text += "\nNext: " + md(next) + ".\n";
  out.push_back(Paragraph{text});
  const std::vector<Chart> charts{ratio_chart(s, scenario), level_chart(s, scenario)};
  for (const Chart& chart : charts) out.push_back(Figure{chart.name, chart.alt});
  out.push_back(Heading{2, "Probes"});
  out.push_back(Paragraph{fmt::format(
      "Each probe drives both arms with the same requests in {} paired blocks or more. The candidate "
      "wins when the interval of the block ratios (t on their logarithms) lies above {}, and does "
      "not when it lies below; one-sided {} a look, {} over all looks. A probe that decides nothing "
      "gets twice the blocks, up to {}.\n",
      s.rules.first_blocks, exact(s.threshold), number(s.rules.alpha_a_look()),
      exact(s.rules.alpha), s.rules.max_blocks)});
  out.push_back(probe_table(s, scenario));
  add_search_provenance(manifest, scenario, out);
  return search_files(out, title, charts, json_of(s, manifest));
}

std::string probe_line(const CrossoverSearch& s, const RatioProbe& p) {
  const std::string unit = unit_of(s.metric);
  return fmt::format("{:>12}  {:<22} {} (baseline {}, candidate {} {}, {} blocks)",
                     decision::load_words(decision::Axis::concurrency, p.value), winner_words(p),
                     ratio_words(p), number(mean(p.baseline)), number(mean(p.candidate)), unit,
                     p.ratio.n);
}

std::string console_text(const CrossoverSearch& s, const Scenario& scenario) {
  std::string out;
  if (s.simulated) out += "SIMULATED servers: no statement about any hardware\n";
  if (const std::string end =
          end_words(s.end, decision::load_words(decision::Axis::concurrency, s.end_value),
                    s.findings);
      !end.empty())
    out += end + "\n";
  out += visible_line(sentence(s, scenario), 400) + "\n";
  if (const std::string fit = decision::fit_sentence(s); !fit.empty())
    out += "Beside it, " + fit + " (90 % interval)\n";
  if (const std::string next = decision::next_step(s); !next.empty()) out += "Next: " + next + "\n";
  return out;
}

}  // namespace abgate::report
