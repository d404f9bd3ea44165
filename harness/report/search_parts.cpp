#include "report/search_parts.hpp"

#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/format.hpp"

namespace abgate::report {

std::string end_words(decision::SearchEnd end, const std::string& load,
                      const std::vector<decision::ValidityFinding>& findings) {
  using decision::SearchEnd;
  switch (end) {
    case SearchEnd::complete:
      return {};
    case SearchEnd::client_limited: {
      std::string why;
      for (const auto& f : findings) why += (why.empty() ? "" : "; ") + f.sentence;
      const bool network = !findings.empty() && findings.front().id == "retransmits";
      return fmt::format(
          "VOID at {}: {} was the limit there, not the server ({}). Nothing is known about higher "
          "loads",
          load, network ? "the network" : "our own machine", why);
    }
    case SearchEnd::interrupted:
      return "Interrupted before its end";
    case SearchEnd::gone:
      return fmt::format("An endpoint could not be reached any more at {}", load);
    case SearchEnd::changed: {
      std::string what;
      for (const auto& f : findings) what += (what.empty() ? "" : "; ") + f.sentence;
      return "VOID: " + what + ". What follows may be of two deployments and is no answer";
    }
  }
  return {};
}

std::string void_title(decision::SearchEnd end) {
  if (end == decision::SearchEnd::client_limited) return "VOID: this machine was the limit";
  if (end == decision::SearchEnd::changed) return "VOID: a deployment changed during the search";
  return {};
}

std::string_view status_words(decision::BracketStatus status) {
  using decision::BracketStatus;
  switch (status) {
    case BracketStatus::found:
      return "found";
    case BracketStatus::all_hold:
      return "above the range";
    case BracketStatus::all_fail:
      return "below the range";
    case BracketStatus::undecided:
      return "not decided in between";
    case BracketStatus::contradictory:
      return "contradictory answers";
    case BracketStatus::out_of_probes:
      return "out of probes";
    case BracketStatus::stopped:
      return "stopped";
  }
  return "?";
}

void add_search_provenance(const Manifest& m, const Scenario& s, Document& out) {
  out.push_back(Heading{2, "Provenance"});
  Table table{{"What", "Value"}, "ll", {}};
  const auto row = [&](const char* what, const std::string& value) {
    if (!value.empty()) table.rows.push_back({what, value});
  };
  row("Run", md(m.run_id));
  row("Scenario", md(fmt::format("{} ({})", m.scenario_name, m.scenario_path)));
  std::string overrides;
  for (const auto& o : m.overrides) overrides += (overrides.empty() ? "" : " ") + md_code(o);
  row("Overrides", overrides);
  row("Tool", md(m.tool_version));
  row("Client", md(fmt::format("{}, {} cores of {}", m.host.name, m.host.cores, m.host.cpu)));
  row("Started, finished", md(m.started + ", " + (m.finished.empty() ? "never" : m.finished)));
  if (m.calibration) {
    const ClientCalibration& c = *m.calibration;
    row("Client's own error",
        fmt::format("TTFT p50 {} ms, p99 {} ms at {} streams and {} events/s; trusted {} {} "
                    "events/s",
                    number(c.ttft_p50_ms), number(c.ttft_p99_ms), count(c.streams),
                    number(c.events_per_second), c.more_possible ? "at least to" : "to",
                    number(c.trusted_per_second)));
  } else {
    row("Client's own error", "not measured (`abgate calibrate client`)");
  }
  row("Seed", fmt::format("{}", m.seeds.base));
  for (const ServerFacts& f : m.servers) {
    row(f.arm == Arm::baseline ? "Baseline" : "Candidate",
        md(fmt::format("{}: {}, version {}{}", label_of(s, f.arm), f.model,
                       f.version.empty() ? "unknown" : f.version,
                       f.simulated ? ", SIMULATED" : "")));
  }
  out.push_back(table);
}

std::vector<File> search_files(const Document& document, const std::string& title,
                               const std::vector<Chart>& charts, std::string json) {
  std::vector<NamedSvg> svgs;
  for (const Chart& chart : charts) svgs.push_back({chart.name, chart.svg});
  std::vector<File> files{{"result.json", std::move(json)},
                          {"report.md", to_markdown(document)},
                          {"report.html", to_html(document, title, svgs)}};
  for (const Chart& chart : charts) {
    files.push_back({"charts/" + chart.name + ".svg", chart.svg});
    files.push_back({"charts/" + chart.name + ".csv", chart.csv});
  }
  return files;
}

}  // namespace abgate::report
