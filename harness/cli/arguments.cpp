#include "cli/arguments.hpp"

#include <algorithm>
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments_parts.hpp"
#include "cli/version.hpp"

namespace abgate::cli {

namespace {

constexpr const char* kAbout =
    "May this quantised model replace the one in production?\n"
    "abgate drives a baseline and a candidate endpoint with the same requests, measures and scores "
    "both,\n"
    "and answers GO, NO-GO or INCONCLUSIVE with its evidence.";

constexpr const char* kFooter =
    "Exit codes: 0 GO, 10 NO-GO, 11 GO but regressed against history, 20 INCONCLUSIVE, 30 VOID,\n"
    "  64 usage, 65 bad data, 69 endpoint unavailable, 70 internal error, 75 locked, 78 bad "
    "scenario,\n"
    "  130 interrupted.\n"
    "First steps:\n"
    "  abgate check scenarios/redfin-fp16-vs-awq.yaml      what would be run, can it be reached\n"
    "  abgate compare scenarios/redfin-fp16-vs-awq.yaml --baseline http://a:8000 --candidate "
    "http://b:8000\n"
    "  abgate COMMAND --help                               options and examples";

}  // namespace

void add_scenario(CLI::App* sub, ScenarioOptions& o, bool endpoints) {
  sub->add_option("SCENARIO", o.scenario, "Scenario file (YAML)")->required();
  if (endpoints) {
    sub->add_option("--baseline", o.baseline_url, "Baseline's base URL; replaces the scenario's");
    sub->add_option("--candidate", o.candidate_url,
                    "Candidate's base URL; replaces the scenario's");
  }
  sub->add_option("--set", o.set, "Replace a scenario value, e.g. --set blocks=12 (repeatable)")
      ->type_name("KEY=VALUE");
  const std::string group = "Flags of vllm bench serve (first load point)";
  BenchFlags& b = o.bench;
  sub->add_option("--request-rate", b.request_rate,
                  "Requests per second (open loop), or inf (closed)")
      ->group(group);
  sub->add_option("--max-concurrency", b.max_concurrency, "Streams in flight")->group(group);
  sub->add_option("--num-prompts", b.num_prompts, "Measured requests a block and arm")
      ->group(group);
  sub->add_option("--burstiness", b.burstiness,
                  "Gamma shape of the gaps; 1 is Poisson, lower is burstier")
      ->group(group);
  sub->add_option("--seed", b.seed, "Base seed of every random choice")->group(group);
  sub->add_flag("--ignore-eos", b.ignore_eos, "Generate exactly max_tokens")->group(group);
  sub->add_option("--goodput", b.goodput, "Objectives, e.g. ttft:200 tpot:50 e2el:2000 (ms)")
      ->group(group);
}

void add_sweep(CLI::App* sub, ScenarioOptions& o) {
  sub->add_option("--sweep", o.sweep,
                  "One load point of each value, made of the first: concurrency=1,2,4 or "
                  "concurrency=1..64 (doubled) or rate=1,2,4 (repeatable, e.g. requests=16,32,64)")
      ->type_name("KEY=VALUES");
}

void add_run_output(CLI::App* sub, std::string& out, ProgressStyle& progress) {
  sub->add_option("--out", out, "Folder that run folders are created in")->capture_default_str();
  add_progress(sub, progress);
}

CLI::Option* add_off_flag(CLI::App* sub, const std::string& name, bool& value,
                          const std::string& text) {
  return sub->add_flag_callback(name, [&value] { value = false; }, text);
}

void add_no_calibration(CLI::App* sub, bool& calibrate) {
  add_off_flag(sub, "--no-calibration", calibrate,
               "Skip the two seconds in which the client measures itself before the load");
}

void add_progress(CLI::App* sub, ProgressStyle& progress) {
  static const std::map<std::string, ProgressStyle> styles{{"auto", ProgressStyle::automatic},
                                                           {"live", ProgressStyle::live},
                                                           {"plain", ProgressStyle::plain},
                                                           {"none", ProgressStyle::none}};
  sub->add_option("--progress", progress, "auto, live (terminal), plain (lines) or none")
      ->transform(CLI::CheckedTransformer(styles, CLI::ignore_case).description(""))
      ->type_name("STYLE");
}

namespace {

/// Holds the parser and the option structs that it fills.
class Parser {
 public:
  Parser() {
    app_.require_subcommand(1);
    app_.footer(kFooter);
    app_.set_version_flag("--version", version_text());
    app_.get_formatter()->column_width(34);
    add_compare();
    add_record();
    add_judge();
    add_report();
    add_plan();
    add_check();
    add_snapshot();
    add_eval();
    add_suite_tools();
    add_nightly();
    add_calibrate();
    add_search_commands(app_, command_);
    add_schema();
  }

  CLI::App& app() { return app_; }
  const std::optional<Command>& command() const { return command_; }

 private:
  template <typename Options>
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& about,
                const std::shared_ptr<Options>& options, const std::string& examples) {
    CLI::App* sub = parent.add_subcommand(name, about);
    sub->footer("Examples:\n" + examples);
    sub->callback([this, options] { command_ = *options; });
    return sub;
  }

  void add_compare() {
    auto o = std::make_shared<CompareOptions>();
    auto* sub =
        add(app_, "compare", "Drive both arms, judge, report: the main job", o,
            "  abgate compare scenarios/compare.yaml --baseline http://a:8000 --candidate "
            "http://b:8000\n"
            "  abgate compare scenarios/compare.yaml --set blocks=12 --max-concurrency 16\n"
            "  abgate compare scenarios/compare.yaml --request-rate 2 --goodput ttft:1000 tpot:25\n"
            "  abgate compare scenarios/compare.yaml --sweep concurrency=1..64\n"
            "  abgate compare scenarios/compare.yaml --resume reports/runs/20260131T021700Z-nightly\n"
            "\nBefore any request the tests of the quality suite are tried in the sandbox: a "
            "reference that fails\nthem, or a stub that passes, is VOID (exit 30).");
    add_scenario(sub, o->input, true);
    add_sweep(sub, o->input);
    add_no_calibration(sub, o->calibrate);
    add_run_output(sub, o->out, o->progress);
    sub->add_option("--resume", o->resume,
                    "Go on with a run that was interrupted: finished load blocks and stored answers "
                    "are taken over into a new run folder, the rest is run; same scenario, suites "
                    "and servers")
        ->type_name("RUN");
  }

  void add_record() {
    auto o = std::make_shared<RecordOptions>();
    auto* sub = add(app_, "record", "Drive one arm and store it; judge two recordings later", o,
                    "  abgate record scenarios/compare.yaml --arm baseline=http://a:8000\n"
                    "  abgate record scenarios/compare.yaml --arm candidate=http://a:8000\n"
                    "  abgate record scenarios/compare.yaml --arm candidate=http://a:8000 "
                    "--outputs-of reports/runs/RUN_A\n"
                    "  abgate judge reports/runs/RUN_A reports/runs/RUN_B\n"
                    "\nWith quality.likelihood both arms read the reference code. The baseline's own "
                    "answers\n(likelihood.outputs, completions API only) are read by the baseline "
                    "when it is recorded,\nand by the candidate if --outputs-of names that run.");
    add_scenario(sub, o->input, false);
    sub->add_option("--arm", o->arm, "Which arm this is, and where: baseline=URL or candidate=URL")
        ->required()
        ->type_name("NAME=URL");
    sub->add_option("--outputs-of", o->outputs_of,
                    "Candidate only: recorded baseline whose answers it reads back")
        ->type_name("RUN");
    add_no_calibration(sub, o->calibrate);
    add_run_output(sub, o->out, o->progress);
  }

  void add_judge() {
    auto o = std::make_shared<JudgeOptions>();
    auto* sub = add(app_, "judge", "Verdict and report again, offline, from the raw records", o,
                    "  abgate judge reports/runs/latest\n"
                    "  abgate judge reports/runs/latest --criteria stricter.yaml\n"
                    "  abgate judge RUN_OF_BASELINE RUN_OF_CANDIDATE\n"
                    "  abgate judge reports/runs/latest --threads 1   # same bytes, slower");
    sub->add_option("RUN", o->run, "Run folder")->required();
    sub->add_option("RUN_B", o->other_run, "Second recorded run (the other arm)");
    sub->add_option("--criteria", o->criteria,
                    "Scenario file whose criteria replace the run's own");
    sub->add_flag("--rescore", o->rescore,
                  "First run the scorer that the run's scenario names (quality.scorer): a command "
                  "of the run folder, executed with your rights");
    sub->add_option("--threads", o->threads,
                    "Threads that read, score and resample (default: one per processor); the files "
                    "written do not depend on it")
        ->check(CLI::Range(1U, 1024U));
  }

  void add_report() {
    auto o = std::make_shared<ReportCommandOptions>();
    auto* sub = add(app_, "report", "Write the report again, offline", o,
                    "  abgate report reports/runs/latest --format md,html\n"
                    "  abgate report reports/runs/latest --format junit,prom");
    sub->add_option("RUN", o->run, "Run folder")->required();
    sub->add_option("--format", o->formats,
                    "md, html, json, junit, prom, vllm-bench (result files of `vllm bench serve`); "
                    "default: the scenario's")
        ->delimiter(',')
        ->check(CLI::IsMember({"md", "html", "json", "junit", "prom", "vllm-bench"}));
  }

  void add_plan() {
    auto o = std::make_shared<PlanOptions>();
    auto* sub =
        add(app_, "plan", "Schedule, minutes, power, and what cannot pass; sends nothing", o,
            "  abgate plan scenarios/redfin-fp16-vs-awq.yaml\n"
            "  abgate plan scenarios/compare.yaml --set blocks=12 --json");
    add_scenario(sub, o->input, true);
    add_sweep(sub, o->input);
    sub->add_flag("--json", o->json, "Machine-readable");
  }

  void add_check() {
    auto o = std::make_shared<CheckOptions>();
    auto* sub = add(app_, "check", "Validate the scenario, then ask both servers (preflight)", o,
                    "  abgate check scenarios/compare.yaml\n"
                    "  abgate check scenarios/compare.yaml --offline");
    add_scenario(sub, o->input, true);
    sub->add_flag("--offline", o->offline, "Validate only; contact nobody");
  }

  void add_snapshot() {
    auto o = std::make_shared<SnapshotOptions>();
    auto* sub = add(app_, "snapshot", "The production baseline as a table, from vLLM's /metrics", o,
                    "  abgate snapshot http://node:8000/metrics\n"
                    "  curl -s http://node:8000/metrics | abgate snapshot -\n"
                    "  abgate snapshot metrics.txt --json");
    sub->add_option("SOURCE", o->source, "URL, file, or - for standard input")->required();
    sub->add_flag("--json", o->json, "JSON instead of Markdown");
  }

  void add_eval() {
    auto o = std::make_shared<EvalOptions>();
    auto* sub = add(
        app_, "eval", "Quality of one endpoint alone, or of a file of answers", o,
        "  abgate eval prompts/code-basics.jsonl --endpoint http://a:8000\n"
        "  abgate eval prompts/code-basics.jsonl --endpoint http://a:8000 --repeats 10 "
        "--temperature 0.8 --pass-k 5\n"
        "  abgate eval humaneval.jsonl --answers samples.jsonl --scores scores.jsonl\n"
        "\nAnswers to items with tests are executed, in the sandbox only; pass@k is the unbiased\n"
        "estimate from the repeats; syntax is checked by each language's own parser.\n"
        "--answers reads a line {\"id\" or \"task_id\", \"completion\"} per answer; several lines "
        "of one id\nare its repeats. Before any is scored or asked, the tests are tried as before a run: a "
        "reference\nthat fails them, or a stub that passes, is VOID (exit 30).");
    sub->add_option("SUITE", o->suite, "Prompt suite (JSONL)")->required();
    auto* endpoint = sub->add_option("--endpoint", o->endpoint, "Base URL");
    auto* answers =
        sub->add_option("--answers", o->answers, "Score this file of answers (JSONL), ask nobody");
    endpoint->excludes(answers);
    sub->add_option("--scores", o->scores, "Write the scores here, a JSON line per answer");
    sub->add_option("--repeats", o->repeats, "Times that each item is asked")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    sub->add_option("--temperature", o->temperature, "0 is greedy: all repeats alike")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 10.0));
    sub->add_option("--pass-k", o->pass_k, "k of pass@k; 0: the repeats, if more than one")
        ->capture_default_str();
    sub->add_option("--model", o->model, "Model name; default: the first that the server lists");
    sub->add_option("--concurrency", o->concurrency, "Requests in flight")->capture_default_str();
    sub->add_option("--limit", o->limit, "Only the first N items of a seeded shuffle; 0: all")
        ->capture_default_str();
    sub->add_option("--max-tokens", o->max_tokens, "Output limit where the item has none")
        ->capture_default_str();
    add_run_output(sub, o->out, o->progress);
  }

  void add_suite_tools() {
    auto i = std::make_shared<ImportOptions>();
    auto* import = add(app_, "import", "Turn a public data set into a suite", i,
                       "  abgate import humaneval HumanEval.jsonl.gz -o humaneval.jsonl");
    import
        ->add_option("FORMAT", i->format,
                     "humaneval, humaneval-infilling, mbpp, evalplus, crosscodeeval, repobench, "
                     "safim, multipl-e, jsonl")
        ->required();
    import->add_option("FILE", i->file, "Data set file (.gz is read directly)")->required();
    import->add_option("-o,--output", i->out, "Suite to write")->required();

    auto c = std::make_shared<CarveOptions>();
    auto* carve = add(app_, "carve", "Cut fill-in-the-middle items from your own sources", c,
                      "  abgate carve ~/src/service -o service-fim.jsonl --per-file 3 --seed 7");
    carve->add_option("DIR", c->folder, "Source tree")->required();
    carve->add_option("-o,--output", c->out, "Suite to write")->required();
    carve->add_option("--per-file", c->per_file, "Most items a file (at most 5)")
        ->capture_default_str();
    carve
        ->add_option("--max-items", c->max_items,
                     "Stop after N items, files in seeded order; 0: all")
        ->capture_default_str();
    carve->add_option("--seed", c->seed, "Seed of the choice")->capture_default_str();

    CLI::App* suite = app_.add_subcommand("suite", "Work on a suite");
    suite->require_subcommand(1);
    auto v = std::make_shared<SuiteVerifyOptions>();
    auto* verify = add(*suite, "verify", "Run all references and stubs through the sandbox", v,
                       "  abgate suite verify prompts/code-basics.jsonl\n"
                       "  abgate suite verify slow-tests.jsonl --timeout 60");
    verify->add_option("SUITE", v->suite, "Prompt suite")->required();
    verify
        ->add_option("--timeout", v->timeout_s,
                     "Seconds for each program; one that needs longer is run once more, alone and "
                     "with three times as many")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str();
    verify->add_flag("--fresh", v->fresh,
                     "Execute everything again; without it, verdicts that are kept from earlier "
                     "($XDG_CACHE_HOME/abgate) are taken over");
  }

  void add_nightly() {
    auto n = std::make_shared<NightlyOptions>();
    auto* nightly =
        add(app_, "nightly", "compare, plus a lock and a history database", n,
            "  abgate nightly scenarios/nightly.yaml --state /var/lib/abgate\n"
            "  abgate nightly scenarios/nightly.yaml --state /var/lib/abgate --min-effect "
            "0.05");
    add_scenario(nightly, n->input, true);
    nightly->add_option("--state", n->state, "Folder of lock, history and run folders")->required();
    nightly
        ->add_option("--min-effect", n->min_effect,
                     "Change of a ratio against the nights before that matters, as a share; never "
                     "taken below the noise floor of the A/A blocks")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    nightly
        ->add_option("--min-history", n->min_history,
                     "Nights of the same series before a regression is looked for")
        ->check(CLI::Range(2, 1000))
        ->capture_default_str();
    add_progress(nightly, n->progress);

    auto h = std::make_shared<HistoryOptions>();
    auto* history = add(app_, "history", "What the nightly runs decided", h,
                        "  abgate history --state /var/lib/abgate --limit 10");
    history->add_option("--state", h->state, "Folder given to nightly")->required();
    history->add_option("--limit", h->limit, "Newest N rows")->capture_default_str();
    history->add_flag("--json", h->json, "Machine-readable");
  }

  void add_calibrate() {
    CLI::App* calibrate = app_.add_subcommand("calibrate", "The harness measures itself");
    calibrate->require_subcommand(1);
    auto j = std::make_shared<CalibrateJudgeOptions>();
    auto* judge =
        add(*calibrate, "judge", "False-GO and false-NO-GO rates of the verdict on known truths", j,
            "  abgate calibrate judge --experiments 2000 --seed 1\n"
            "  abgate calibrate judge --experiments 10000 --json\n"
            "  abgate calibrate judge --chart power.svg   # P(GO) against the true ratio");
    judge->add_option("--experiments", j->experiments, "Simulated experiments a cell")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    judge->add_option("--seed", j->seed, "Seed")->capture_default_str();
    judge->add_option("--threads", j->threads,
                      "Threads; 0: one per processor. Changes the time, never the result")
        ->capture_default_str();
    judge->add_option("--chart", j->chart,
                      "Write the power curve to this SVG file, and its table beside it as CSV");
    judge->add_flag("--json", j->json, "JSON instead of a table");
    add_calibrate_client(*calibrate);
  }

  void add_calibrate_client(CLI::App& calibrate) {
    auto o = std::make_shared<CalibrateClientOptions>();
    auto* client =
        add(calibrate, "client", "The error that this machine adds to TTFT and ITL", o,
            "  abgate calibrate client --streams 64 --events-per-second 50\n"
            "  abgate calibrate client --scenario scenarios/compare.yaml    # at its load\n"
            "  abgate calibrate client --streams 1000 --seconds 2 --no-search --json");
    client->add_option("--scenario", o->input.scenario,
                       "Take streams and rate from this scenario's heaviest load");
    client->add_option("--streams", o->streams, "Streams open at once")
        ->capture_default_str()
        ->check(CLI::Range(1, 8000));
    client->add_option("--events-per-second", o->events_per_second, "Of each stream")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 10000.0));
    client->add_option("--loops", o->loops, "Event loops, a thread each; 0: as many as a run takes")
        ->capture_default_str()
        ->check(CLI::Range(0, 64));
    client->add_option("--seconds", o->seconds, "How long")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 60.0));
    add_off_flag(client, "--no-search", o->search, "Do not look for the highest trusted rate");
    client->add_flag("--json", o->json, "JSON instead of text");
  }

  void add_schema() {
    auto o = std::make_shared<SchemaOptions>();
    add(app_, "schema", "Print the JSON Schema of scenario files", o,
        "  abgate schema > scenarios/scenario.schema.json");
  }

  CLI::App app_{kAbout, "abgate"};
  std::optional<Command> command_;
};

CLI::App* find_command(CLI::App& app, const std::string& path) {
  CLI::App* at = &app;
  std::size_t begin = 0;
  while (begin < path.size()) {
    const auto end = std::min(path.find(' ', begin), path.size());
    at = at->get_subcommand(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return at;
}

}  // namespace

std::variant<Command, Stop> parse_arguments(const std::vector<std::string>& arguments) {
  Parser parser;
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
  try {
    parser.app().parse(reversed);
  } catch (const CLI::CallForVersion&) {
    return Stop{ExitCode::go, version_text() + "\n"};
  } catch (const CLI::CallForHelp&) {
    CLI::App* at = &parser.app();
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    return Stop{ExitCode::go, at->help()};
  } catch (const CLI::ParseError& e) {
    return Stop{ExitCode::usage, std::string("abgate: ") + e.what() + " (see abgate --help)\n"};
  }
  return *parser.command();
}

std::string help_text(const std::string& command) {
  Parser parser;
  return find_command(parser.app(), command)->help();
}

std::vector<std::string> command_names() {
  Parser parser;
  std::vector<std::string> names;
  for (const CLI::App* sub : parser.app().get_subcommands({})) {
    const auto nested = sub->get_subcommands({});
    if (nested.empty()) names.push_back(sub->get_name());
    for (const CLI::App* inner : nested) names.push_back(sub->get_name() + " " + inner->get_name());
  }
  return names;
}

}  // namespace abgate::cli
