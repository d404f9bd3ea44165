#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments_parts.hpp"

namespace abgate::cli {

namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 found (the text says where not as precisely as asked), 20 not within the range or "
    "not with so\n  many requests (the text says what to change),\n"
    "  30 VOID: this machine was the limit, 69 an endpoint is gone, 78 bad scenario, 130 "
    "interrupted.";

template <typename Options>
CLI::App* add(CLI::App& parent, const std::string& name, const std::string& about,
              const std::shared_ptr<Options>& options, std::optional<Command>& command,
              const std::string& footer) {
  CLI::App* sub = parent.add_subcommand(name, about);
  sub->footer(footer);
  sub->callback([options, &command] { command = *options; });
  return sub;
}

void add_range(CLI::App* sub, SearchOptions& o, const char* from, const char* to) {
  sub->add_option("--from", o.from, from)->check(CLI::PositiveNumber)->type_name("LOAD");
  sub->add_option("--to", o.to, to)->check(CLI::PositiveNumber)->type_name("LOAD");
}

void add_effort(CLI::App* sub, SearchOptions& o, const char* blocks) {
  sub->add_option("--precision", o.precision,
                  "Stop when the bracket's ends differ by this share of the lower")
      ->capture_default_str()
      ->type_name("SHARE");
  sub->add_option("--max-blocks", o.max_blocks, blocks)->check(CLI::Range(2, 1000));
  sub->add_option("--max-probes", o.max_probes, "Probes of an arm")
      ->capture_default_str()
      ->check(CLI::Range(2, 1000));
  add_off_flag(sub, "--no-confirm", o.confirm,
                "Do not probe both ends of the bracket a second time");
}

void add_slo(CLI::App& search, std::optional<Command>& command) {
  auto o = std::make_shared<SearchSloOptions>();
  auto* sub = add(
      search, "slo", "Capacity: the highest load at which each arm meets the objectives", o, command,
      std::string(
          "The objectives are the scenario's slo (ttft, tpot, e2e, attainment), or --goodput.\n"
          "Examples:\n"
          "  abgate search slo scenarios/search.yaml --baseline http://a:8000 --candidate "
          "http://b:8000\n"
          "  abgate search slo scenarios/compare.yaml --over rate --from 0.5 --to 64 --goodput "
          "ttft:1000 tpot:50\n"
          "  abgate search slo scenarios/search.yaml --over concurrency --precision 10% --arm "
          "candidate\n") +
          kExitCodes);
  add_scenario(sub, o->common.input, true);
  sub->add_option("--over", o->over,
                  "rate (requests per second, open loop) or concurrency (streams, closed loop); "
                  "default: as the first load point")
      ->check(CLI::IsMember({"rate", "concurrency"}))
      ->type_name("AXIS");
  add_range(sub, o->common, "Lowest load; default 0.05 req/s or 1 stream",
            "Highest load; default 1000 req/s or 1024 streams");
  sub->add_option("--start", o->common.start,
                  "First load probed; default: that of the first load point, else 1 req/s")
      ->check(CLI::PositiveNumber)
      ->type_name("LOAD");
  sub->add_option("--attainment", o->attainment,
                  "Share of requests that must meet every objective; default: slo.attainment (95 %)")
      ->type_name("SHARE");
  sub->add_option("--arm", o->arm, "both, baseline or candidate")
      ->capture_default_str()
      ->check(CLI::IsMember({"both", "baseline", "candidate"}))
      ->type_name("ARM");
  sub->add_option("--requests", o->common.requests,
                  "Measured requests of a block, at least; default: what two blocks need to decide");
  sub->add_option("--seconds", o->seconds, "rate: a block's requests arrive over at least so long")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 36000.0));
  add_effort(sub, o->common, "Blocks of a probe at most, begun with 2 and doubled; default 8");
  add_no_calibration(sub, o->common.calibrate);
  add_run_output(sub, o->common.out, o->common.progress);
}

void add_crossover(CLI::App& search, std::optional<Command>& command) {
  auto o = std::make_shared<SearchCrossoverOptions>();
  auto* sub = add(
      search, "crossover", "The concurrency at which the candidate stops winning", o, command,
      std::string("Examples:\n"
                  "  abgate search crossover scenarios/search.yaml --baseline http://a:8000 "
                  "--candidate http://b:8000\n"
                  "  abgate search crossover scenarios/search.yaml --from 1 --to 256 --metric ttft\n"
                  "  abgate search crossover scenarios/search.yaml --ratio 1.5   # where it stops "
                  "being 1.5 times as fast\n") +
          "Exit codes: 0 answered, whichever way; 20 cannot tell; 30, 69, 78, 130 as for search slo.");
  add_scenario(sub, o->common.input, true);
  add_range(sub, o->common, "Fewest streams; default 1", "Most streams; default 128");
  sub->add_option("--metric", o->metric,
                  "What is compared: throughput, request_rate, stream_speed, ttft, tpot or e2e")
      ->capture_default_str()
      ->check(CLI::IsMember({"throughput", "request_rate", "stream_speed", "ttft", "tpot", "e2e"}))
      ->type_name("METRIC");
  sub->add_option("--ratio", o->ratio, "Advantage that counts as winning; 1: any")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 100.0));
  sub->add_option("--requests", o->common.requests,
                  "Measured requests of a block and arm, at least; default 8, and never fewer than 4 "
                  "a stream");
  add_effort(sub, o->common, "Blocks of a probe at most, begun with 3 and doubled; default 12");
  add_no_calibration(sub, o->common.calibrate);
  add_run_output(sub, o->common.out, o->common.progress);
}

}  // namespace

void add_search_commands(CLI::App& app, std::optional<Command>& command) {
  CLI::App* search = app.add_subcommand("search", "Look for a load: capacity, crossover");
  search->require_subcommand(1);
  add_slo(*search, command);
  add_crossover(*search, command);
  auto r = std::make_shared<SearchReportOptions>();
  auto* report = add(*search, "report", "Answer and report again, offline, from the raw records", r,
                     command, "Examples:\n  abgate search report reports/runs/latest");
  report->add_option("RUN", r->run, "Run folder of a search")->required();
}

}  // namespace abgate::cli
