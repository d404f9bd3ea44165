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
  concurrent,   ///< both arms driven at once by one loop (default)
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

enum class Arrival { closed, constant, poisson, gamma };

/// One operating point of the load.
struct LoadPoint {
  std::string id;
  Arrival arrival = Arrival::closed;
  std::size_t concurrency =
      8;                  ///< closed: streams in flight; open: cap (0 = none), waiting is counted
  double rate = 0;        ///< open: requests per second
  double burstiness = 1;  ///< gamma: shape; 1 is Poisson, below 1 burstier (vLLM's meaning)
  std::size_t requests = 0;          ///< measured requests a block and arm; 0: bounded by duration
  std::optional<Duration> duration;  ///< starts no request later than this after the block's start
  std::size_t warmup_requests = 8;   ///< sent first in every block, never measured
};

enum class CachePolicy {
  cold,  ///< every request gets its own salt: no prefix hit anywhere
  warm,  ///< one salt a run; every prompt is sent once before the blocks
  off,   ///< nothing is added: whatever the server's cache does happens, and is reported
};
enum class SaltBy {
  cache_salt,
  prompt_prefix
};  ///< vLLM's field, or a comment line before the prompt

struct LengthDistribution {
  enum class Kind { fixed, uniform, lognormal } kind = Kind::fixed;
  double mean = 0;  ///< fixed: the value; lognormal: the mean of the lengths
  double sd = 0;    ///< lognormal
  double min = 1;
  double max = 0;  ///< 0: none
};

struct Workload {
  enum class Kind { suite, synthetic } kind = Kind::suite;
  std::string suite;                 ///< suite: path, relative to the scenario file
  LengthDistribution input_tokens;   ///< synthetic
  LengthDistribution output_tokens;  ///< synthetic: max_tokens with ignore_eos
  CachePolicy cache = CachePolicy::cold;
  SaltBy salt_by = SaltBy::cache_salt;
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
  LikelihoodConfig likelihood;
  ScorerConfig scorer;
  double max_failed_pairs =
      0.005;  ///< share of pairs lost to failed requests beyond which quality is void
};

/// Beyond these the run is VOID: the harness or the environment, not the candidate, made the
/// numbers.
struct ValidityRules {
  Duration max_schedule_lag_p99 = std::chrono::milliseconds(10);
  Duration max_loop_lag_p99 = std::chrono::milliseconds(10);
  double max_client_cpu = 0.9;  ///< of one core
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

}  // namespace abgate
