#pragma once
// What to drive, how, and what must hold. `config` makes it from YAML; everybody else only reads
// it. Every field has the default that the scenario file may leave out.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/arm.hpp"
#include "core/criterion.hpp"
#include "core/time.hpp"

namespace abgate {

enum class Mode {
  concurrent,   ///< both arms driven at once by one process (default)
  interleaved,  ///< one arm at a time, AB/BA order balanced and shuffled
  swapped,      ///< one GPU: lifecycle commands stop one server and start the other between blocks
  recorded,     ///< two stored runs judged together
};

enum class Api { completions, chat };

/// Where the GPU memory of one arm is read.
struct GpuSource {
  enum class Kind { none, nvidia_smi, dcgm } kind = Kind::none;
  std::string command;  ///< nvidia_smi: the program and arguments before the query, e.g. "ssh host
                        ///< nvidia-smi"
  std::string url;      ///< dcgm: the exporter's /metrics
  std::string gpu;      ///< index or UUID; empty: every GPU, the largest counts
  Duration interval = std::chrono::seconds(1);
  Duration max_gap =
      std::chrono::seconds(5);  ///< a longer gap between samples makes the peak unknown
};

/// Facts about a deployment that no endpoint tells; they feed `plan`, the demand figure and the
/// diagnosis.
struct DeploymentFacts {
  std::string quantization;                      ///< "fp16", "awq", "awq_marlin", …
  std::optional<double> gpu_memory_utilization;  ///< vLLM's flag
  std::optional<double> gpu_total_gb;            ///< 10^9 bytes
  std::optional<double> weights_gb;              ///< "Model loading took …" in the server's log
  std::optional<double> activation_gb;           ///< activations, graphs and context
  std::optional<double> kv_bytes_per_token;
  std::map<std::string, std::string> other;  ///< printed in the report
};

struct Tls {
  std::string ca_file;    ///< PEM; empty: the system's
  bool insecure = false;  ///< skip verification; stamped on the report
};

struct Timeouts {
  Duration connect = std::chrono::seconds(5);
  Duration first_token =
      std::chrono::seconds(60);              ///< from the write to the first token-bearing event
  Duration idle = std::chrono::seconds(30);  ///< between two reads afterwards
  Duration total = std::chrono::seconds(600);
};

/// One endpoint.
struct ArmConfig {
  std::string label;    ///< for people: "FP16", "AWQ"
  std::string url;      ///< base URL, with or without /v1
  std::string model;    ///< empty: the first that /v1/models names
  std::string api_key;  ///< secret: resolved from ${ENV}; never written anywhere
  std::vector<std::pair<std::string, std::string>> headers;
  Tls tls;
  std::string
      metrics_url;  ///< Prometheus text; empty: <url without /v1>/metrics; "none": no scrape
  GpuSource gpu;
  DeploymentFacts facts;
  std::string start_command;  ///< swapped mode
  std::string stop_command;   ///< swapped mode
};

/// Sampling parameters. Every one is sent explicitly: servers take unset ones from
/// generation_config.json.
struct Sampling {
  double temperature = 0;
  double top_p = 1;
  int top_k = -1;
  double min_p = 0;
  double repetition_penalty = 1;
  double presence_penalty = 0;
  double frequency_penalty = 0;
  std::optional<std::int64_t> seed = 0;
  int max_tokens = 128;
  std::optional<int> min_tokens;
  bool ignore_eos = false;
  std::vector<std::string> stop;
  std::string
      extra_json;  ///< further body fields as a JSON object text, sent as they are; may be empty
};

enum class Arrival {
  closed,    ///< `concurrency` streams in flight
  constant,  ///< equal gaps
  poisson,
  gamma,
  ramp,   ///< Poisson with a rate that changes piecewise linearly (LoadPoint::stages)
  trace,  ///< when the rows of the workload's trace came, LoadPoint::time_scale times as fast
};

/// One piece of a ramp: the rate goes linearly to `target`. A duration of 0 jumps there.
struct RampStage {
  Duration duration{0};
  double target = 0;  ///< requests per second at the stage's end
};

/// One operating point of the load.
struct LoadPoint {
  std::string id;
  Arrival arrival = Arrival::closed;
  std::size_t concurrency =
      8;                  ///< closed: streams in flight; open: cap (0 = none), waiting is counted
  double rate = 0;        ///< open: requests per second; ramp: at its start; trace: unused
  double burstiness = 1;  ///< gamma: shape; 1 is Poisson, below 1 burstier (vLLM's meaning)
  std::vector<RampStage> stages;     ///< ramp; their sum bounds the block
  double time_scale = 1;             ///< trace: seconds of the trace that pass in a second
  std::size_t requests = 0;          ///< measured requests a block and arm; 0: bounded by duration,
                                     ///< by the ramp's end, or by the trace's
  std::optional<Duration> duration;  ///< starts no request later than this after the block's start
  std::size_t warmup_requests = 8;   ///< sent first in every block, never measured
};

enum class CachePolicy {
  cold,  ///< every request gets its own salt: no prefix hit anywhere
  block,  ///< one salt a block and arm: what prompts of a block share can be cached, nothing
          ///< outlives it
  warm,   ///< one salt a run; every prompt is sent once before the blocks
  off,   ///< nothing is added: whatever the server's cache does happens, and is reported
};
enum class SaltBy {
  cache_salt,
  prompt_prefix
};  ///< vLLM's field, or a comment line before the prompt

struct LengthDistribution {
  enum class Kind { fixed, uniform, lognormal, empirical } kind = Kind::fixed;
  double mean = 0;  ///< fixed: the value; lognormal: the mean of the lengths
  double sd = 0;    ///< lognormal
  double min = 1;
  double max = 0;           ///< 0: none
  std::string file{};         ///< empirical: one length a line, relative to the scenario file
  std::vector<int> values{};  ///< empirical: lengths to draw from, each as likely as it occurs
};

/// Synthetic prompts that begin alike: groups of prompts, each with a text of its own in front.
struct SharedPrefix {
  std::size_t groups = 0;  ///< 0: every prompt is unlike every other
  double hit_rate = 0;  ///< declared share of a prompt's tokens that its group has in common, in
                        ///< blocks of 16 tokens
};

/// How an answer of a given length is asked for.
enum class ExactBy { ignore_eos, min_tokens, both };

enum class TraceKind { automatic, azure, mooncake, burstgpt, qwen_bailian };

/// Where the prompts of a workload, or of one class of it, come from.
struct PromptSource {
  enum class Kind {
    suite,      ///< items of a suite
    synthetic,  ///< made up, of given lengths
    trace,      ///< lengths, order, arrival times and shared blocks of a recorded load; made-up text
    sharegpt,   ///< conversations of a ShareGPT file
    jsonl,      ///< `prompt` or `messages`, and `output_tokens`, a line
  } kind = Kind::suite;
  std::string suite;                 ///< suite: path, relative to the scenario file
  std::string file;                  ///< trace, sharegpt, jsonl: path, relative to the scenario file
  LengthDistribution input_tokens;   ///< synthetic
  LengthDistribution output_tokens;  ///< synthetic: exact; sharegpt: the same, mean 0: natural
  TraceKind format = TraceKind::automatic;
  Duration window_from{0};               ///< trace: time of its own at which the window begins
  std::optional<Duration> window_length;  ///< trace: absent: to its end
  int block_tokens = 0;                  ///< trace with block hashes: tokens a hash; 0: the format's
  bool natural = false;      ///< lengths of a file are limits, and not enforced
  SharedPrefix shared_prefix;  ///< synthetic
  LengthDistribution turns;    ///< synthetic: turns of a session; mean 0: single requests
  bool sessions = false;       ///< sharegpt: all turns of a conversation, one after the other; else
                               ///< its first
  std::size_t max_turns = 0;   ///< sharegpt with sessions: cut longer ones; 0: all
  Duration think_time{0};      ///< sessions: from the end of an answer to the next turn
};

/// One kind of traffic in a mixed load.
struct WorkloadClass : PromptSource {
  std::string name;
  double weight = 1;  ///< share of the requests (sessions: of the sessions), against the others'
};

struct Workload : PromptSource {
  std::vector<WorkloadClass> classes;  ///< mixed load; the source above is unused then
  CachePolicy cache = CachePolicy::cold;
  SaltBy salt_by = SaltBy::cache_salt;
  ExactBy exact_by = ExactBy::ignore_eos;
};

/// Teacher-forced log-probabilities of code, beside the answers of the quality pass.
struct LikelihoodConfig {
  bool enabled = false;
  std::size_t documents = 0;  ///< gold code of the first n items of the pass; 0: all
  std::size_t outputs = 0;    ///< n of the baseline's own answers, as they came; 0: none
  int top_k = 20;             ///< most likely tokens per position; vLLM's own limit is 20
  std::size_t concurrency = 2;
  bool whole_document = true;  ///< score every token, not only those of the reference
};

/// A scorer of the user's own: a program that reads answers as JSONL and writes scores
/// (quality/plugin.hpp).
struct ScorerConfig {
  std::vector<std::string> command;  ///< program and arguments; empty: none
  std::string metric = "plugin";     ///< what the scores are called in the report
  bool higher_is_better = true;
  Duration timeout = std::chrono::seconds(60);  ///< of the whole command
};

/// The quality pass: every item of a suite once per arm, natural stops.
struct QualityConfig {
  std::string suite;            ///< empty: no quality pass
  std::size_t concurrency = 8;  ///< the load at which quality is judged
  std::size_t limit = 0;        ///< first n items after a seeded shuffle; 0: all
  std::size_t repeats = 1;
  std::string fim_template = "qwen2.5-coder";
  std::size_t worst_shown = 10;
  bool control = false;  ///< run the baseline a second time (A/A floor)
  std::size_t pass_k = 0;  ///< k of pass@k; 0: `repeats`, if that is more than 1
  int logprobs = 20;  ///< most likely tokens asked for at each position of an answer; 0: none
  /// Tokens by id, where the servers can name them so. No key: what the servers do decides.
  bool logprob_ids = true;
  LikelihoodConfig likelihood;
  ScorerConfig scorer;
  double max_failed_pairs =
      0.005;  ///< share of pairs lost to failed requests beyond which quality is void
};

/// The machine that sends the load.
struct ClientConfig {
  std::size_t loops = 0;  ///< event loops, a thread each; 0: as many as the streams of a cell need
};

/// Beyond these the run is VOID: the harness or the environment, not the candidate, made the
/// numbers.
struct ValidityRules {
  Duration max_schedule_lag_p99 = std::chrono::milliseconds(10);
  Duration max_loop_lag_p99 = std::chrono::milliseconds(10);
  double max_client_cpu = 0.9;  ///< of one core
  double max_retransmits = 0.01;  ///< share of TCP segments sent again, or received behind a gap
  /// Bytes, p99: half of what Linux lets a new connection hold by default. Above it a server may
  /// have been kept from writing.
  std::uint64_t max_receive_queue = 65536;
  bool aa_must_contain_one = true;
  double aa_max_half_width = 0.05;
  bool same_token_ids =
      true;  ///< both servers tokenise the prompts alike (where they can be asked)
  double max_cache_hit_difference =
      0.05;                    ///< of prefix cache hit rates between the arms under `cold`
  std::size_t min_blocks = 5;  ///< fewer: INCONCLUSIVE
};

struct Slo {  ///< objectives of one request, for goodput and attainment
  std::optional<Duration> ttft;
  std::optional<Duration> tpot;
  std::optional<Duration> e2e;
  double attainment = 0.95;  ///< share of requests that must meet all of them: `search slo`
};

/// One seed per random dimension, all derived from `base` unless set.
struct Seeds {
  std::uint64_t base = 1;
  std::uint64_t prompts = 0;   ///< order and choice of prompts
  std::uint64_t schedule = 0;  ///< arrival times
  std::uint64_t blocks = 0;    ///< AB/BA order
  std::uint64_t bootstrap = 0;
};

struct ReportOptions {
  std::vector<std::string> formats{"md", "html", "json", "junit", "prom"};
  std::string title;
  std::string rollback;  ///< Markdown shown in the rollback section
  std::vector<std::string> sign_off{"TPM", "Engineering", "SRE"};
};

struct Scenario {
  std::string name;
  std::string description;
  std::string path;         ///< the file, for messages and for relative paths
  std::string source_text;  ///< the file as read; secrets appear as ${NAME} in it
  std::vector<std::string> overrides;  ///< "a.b.0.c=value", applied on source_text before it was read
  Mode mode = Mode::concurrent;
  Api api = Api::completions;
  std::size_t blocks = 6;
  bool extension = false;  ///< declared: as many blocks again if the first look does not decide
  std::size_t aa_blocks = 1;  ///< baseline against baseline
  ArmConfig baseline;
  ArmConfig candidate;
  Timeouts timeouts;
  Sampling sampling;
  Workload workload;
  std::vector<LoadPoint> points;
  QualityConfig quality;
  Slo slo;
  std::vector<Criterion> criteria;
  ValidityRules validity;
  ClientConfig client;
  Seeds seeds;
  ReportOptions report;

  /// Blocks of the plan, the declared extension included.
  std::size_t blocks_at_most() const { return extension ? 2 * blocks : blocks; }
  /// `control` is the baseline's endpoint.
  const ArmConfig& arm(Arm which) const { return which == Arm::candidate ? candidate : baseline; }
};

std::string_view to_string(Mode mode);
std::string_view to_string(Api api);
std::string_view to_string(Arrival arrival);
std::string_view to_string(CachePolicy policy);
std::string_view to_string(SaltBy by);
std::string_view to_string(PromptSource::Kind kind);
/// How an open loop's requests come: "4 req/s, poisson", "ramp 1 to 8 to 2 req/s in 90 s",
/// "trace, 10 times as fast". REQUIRES: not closed.
std::string arrival_words(const LoadPoint& point);
std::string_view to_string(TraceKind kind);

}  // namespace abgate
