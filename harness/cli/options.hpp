#pragma once
// What the command line asked for, one struct a command. Filled by arguments.cpp, run by
// command_*.cpp.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace abgate::cli {

/// Flags that users of `vllm bench serve` know; they mean the same here and become overrides of the
/// scenario's first load point.
struct BenchFlags {
  std::optional<std::string> request_rate;  ///< requests per second, or "inf" for a closed loop
  std::optional<std::size_t> max_concurrency;
  std::optional<std::size_t> num_prompts;
  std::optional<double> burstiness;
  std::optional<std::uint64_t> seed;
  bool ignore_eos = false;
  std::vector<std::string> goodput;  ///< "ttft:200", "tpot:50", "e2el:2000" (milliseconds)
};

struct ScenarioOptions {
  std::string scenario;
  std::vector<std::string> set;  ///< key=value
  BenchFlags bench;
  std::vector<std::string> sweep;  ///< KEY=VALUES of the first load point
  std::optional<std::string> baseline_url;
  std::optional<std::string> candidate_url;
};

enum class ProgressStyle { automatic, live, plain, none };

struct CompareOptions {
  ScenarioOptions input;
  bool calibrate = true;
  std::string out = "reports/runs";
  std::string resume;  ///< folder of a run that was cut short; empty: a new run
  ProgressStyle progress = ProgressStyle::automatic;
};
struct RecordOptions {
  ScenarioOptions input;
  std::string arm;  ///< NAME=URL, NAME is baseline or candidate
  std::string outputs_of;  ///< candidate: run folder of the baseline whose answers are read back
  bool calibrate = true;
  std::string out = "reports/runs";
  ProgressStyle progress = ProgressStyle::automatic;
};
struct JudgeOptions {
  std::string run;
  std::string other_run;  ///< recorded mode: the other arm's run
  std::string criteria;   ///< a scenario file whose criteria replace the run's
  bool rescore = false;   ///< run the scenario's own scorer over the stored answers again
  unsigned threads = 0;   ///< 0: one per processor; changes the time only
};
struct ReportCommandOptions {
  std::string run;
  std::vector<std::string> formats;  ///< empty: the scenario's
};
struct PlanOptions {
  ScenarioOptions input;
  bool json = false;
};
struct CheckOptions {
  ScenarioOptions input;
  bool offline = false;  ///< validate only, contact nobody
};
struct SnapshotOptions {
  std::string source;  ///< URL or file; "-" is standard input
  bool json = false;
};
struct EvalOptions {
  std::string suite;
  std::string endpoint;
  std::string model;
  std::size_t concurrency = 8;
  std::size_t limit = 0;
  int max_tokens = 128;
  std::size_t repeats = 1;
  double temperature = 0;
  std::size_t pass_k = 0;   ///< 0: `repeats`, if more than 1
  std::string answers;      ///< JSONL of answers to score instead of asking `endpoint`
  std::string scores;       ///< JSONL to write a line of scores per answer to; empty: none
  std::string out = "reports/runs";
  ProgressStyle progress = ProgressStyle::automatic;
};
struct ImportOptions {
  std::string format, file, out;
};
struct CarveOptions {
  std::string folder, out;
  std::size_t per_file = 5;
  std::size_t max_items = 0;  ///< 0: all
  std::uint64_t seed = 1;
};
struct SuiteVerifyOptions {
  std::string suite;
  double timeout_s = 10;  ///< of each program; one that needs longer is run again, three times so
  bool fresh = false;     ///< execute everything, whatever is kept from earlier
};
struct NightlyOptions {
  ScenarioOptions input;
  std::string state;
  double min_effect = 0.03;      ///< relative change against the nights before that matters
  std::size_t min_history = 10;  ///< nights before anything is said
  ProgressStyle progress = ProgressStyle::automatic;
};
struct HistoryOptions {
  std::string state;
  std::size_t limit = 30;
  bool json = false;
};
struct CalibrateJudgeOptions {
  std::size_t experiments = 2000;
  std::uint64_t seed = 1;
  unsigned threads = 0;  ///< 0: one per processor
  std::string chart;     ///< SVG file of the power curve; empty: none
  bool json = false;
};
struct CalibrateClientOptions {
  ScenarioOptions input;  ///< with a scenario its load replaces streams and events_per_second
  std::size_t streams = 100;
  double events_per_second = 50;  ///< of each stream
  std::size_t loops = 0;  ///< as client.loops
  double seconds = 3;
  bool search = true;  ///< look for the highest rate that can be trusted
  bool json = false;
};
/// What both searches take.
struct SearchOptions {
  ScenarioOptions input;
  std::optional<double> from, to, start;
  std::string precision = "5%";
  std::optional<std::size_t> requests;  ///< a block and arm
  std::size_t max_blocks = 0;           ///< 0: the search's own
  std::size_t max_probes = 40;
  bool confirm = true;
  bool calibrate = true;
  std::string out = "reports/runs";
  ProgressStyle progress = ProgressStyle::automatic;
};
struct SearchSloOptions {
  SearchOptions common;
  std::string over;  ///< "rate", "concurrency"; empty: what the first load point is
  std::string arm = "both";
  std::optional<std::string> attainment;
  double seconds = 20;
};
struct SearchCrossoverOptions {
  SearchOptions common;
  std::string metric = "throughput";
  double ratio = 1;
};
struct SearchReportOptions {
  std::string run;
};
struct SchemaOptions {};

using Command = std::variant<CompareOptions, RecordOptions, JudgeOptions, ReportCommandOptions,
                             PlanOptions, CheckOptions, SnapshotOptions, EvalOptions, ImportOptions,
                             CarveOptions, SuiteVerifyOptions, NightlyOptions, HistoryOptions,
                             CalibrateJudgeOptions, CalibrateClientOptions, SearchSloOptions,
                             SearchCrossoverOptions, SearchReportOptions, SchemaOptions>;

/// The scenario overrides ("key=value") that the flags stand for. Throws Error(usage) with the
/// flag, what was seen and what was wanted.
std::vector<std::string> overrides(const ScenarioOptions& options);

}  // namespace abgate::cli
