#pragma once
// Raw records turned into metrics, still one line per request: the input of every statistic.
// Definitions: metric_catalogue() (core/criterion.hpp). Times in seconds, NaN where undefined.

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/arm.hpp"
#include "core/plan.hpp"
#include "core/record.hpp"
#include "core/score.hpp"
#include "core/telemetry.hpp"
#include "core/time.hpp"
#include "stats/likelihood.hpp"
#include "stats/sketch.hpp"

namespace abgate::stats {

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// One measured request.
struct RequestMetrics {
  std::uint32_t index = 0;  ///< position in its cell: pairs arms within a block
  bool success = false;
  double ttft = kUndefined;          ///< response TTFT (from `due`)
  double ttft_service = kUndefined;  ///< from `started`
  double tpot = kUndefined;          ///< only where output_tokens - first event's tokens >= 1
  bool tpot_approximate = false;     ///< tokens of the first event unknown, 1 assumed
  double icg_max = kUndefined;
  double e2e = kUndefined;
  bool censored = false;  ///< timed out: e2e, and ttft where no token came, are the time waited
  double ntpot = kUndefined;
  double output_tokens = kUndefined;
  double prompt_tokens = kUndefined;
  double cached_tokens = kUndefined;
  double chunks = 0;  ///< token-bearing events
  double start = 0;   ///< seconds since the cell's begin, for autocorrelation and drift
  double due = 0;     ///< the same of its due time
  bool follows = false;             ///< a later turn of a session
  std::uint16_t traffic_class = 0;  ///< position in Workload::classes
};

/// Where throughput is read: after warm-up, while in-flight >= 95 % of the target, cut by MSER-5.
struct SteadyWindow {
  double begin = 0;  ///< seconds since the cell's begin
  double end = 0;
  bool steady = false;
  std::string why;  ///< not steady: reason; steady: rule that set `begin`
  /// Not steady because throughput drifts, beyond chance and by more than a little; else the load
  /// was never held, or it is steady.
  bool drifts = false;
};

/// One arm in one block at one point.
struct BlockArm {
  std::string point;
  CellKind kind = CellKind::load;
  std::uint32_t block = 0;
  Arm arm = Arm::baseline;
  Arrival arrival = Arrival::closed;
  std::vector<RequestMetrics> requests;  ///< attempted, measured phase, in order of sending
  std::size_t attempted = 0;
  std::size_t failed = 0;
  std::size_t ours = 0;    ///< lost to faults of this machine; not in attempted
  std::size_t unsent = 0;  ///< planned, never attempted (interrupted)
  std::map<std::string, std::size_t> failures;  ///< describe()-class ("http_error 500") to count
  SteadyWindow window;
  double throughput = kUndefined;        ///< tok/s in the steady window
  double throughput_whole = kUndefined;  ///< Σ tokens / (last token - first send)
  double request_rate = kUndefined;      ///< completed req/s in the steady window
  double wall_seconds = 0;
  TimePoint began{}, ended{};     ///< of the whole cell
  std::size_t without_usage = 0;  ///< successes that the server sent no token count for
  bool interrupted = false;
  CellHealth health;
  std::shared_ptr<const TokenGaps> gaps;  ///< shared by copies; absent where no record was read
};

/// Scores of the two (or three, with A/A) answers to one item.
struct QualityPair {
  std::string item, cluster, category, language;
  std::map<std::string, double> baseline, candidate, control;  ///< metric -> mean over repeats
  bool dropped = false;                                        ///< an arm did not answer
};

/// What the server itself counted between the begin and the end of the arm's load cells.
struct ServerDelta {
  std::optional<double> ttft_mean, itl_mean, queue_mean;  ///< seconds
  std::optional<double> prefix_hit_rate;                  ///< hits / queries
  std::optional<double> preemptions, prompt_tokens, generation_tokens;
  std::optional<double> kv_usage_max, waiting_max, running_max;
  std::optional<double> kv_pool_tokens;  ///< num_gpu_blocks · block_size
  std::optional<double> kv_block_size;   ///< tokens
  std::size_t restarts = 0;
  bool seen = false;  ///< any scrape at all
};

/// GPU memory of one arm over the run.
struct MemoryUse {
  std::optional<double> used_peak_gb;  ///< 10^9 bytes; the largest GPU
  std::optional<double> total_gb;
  std::optional<double> demand_gb;  ///< weights + activation + peak KV used
  std::optional<double> weights_gb, activation_gb, kv_peak_gb;
  std::size_t samples = 0;
  double longest_gap_s = 0;
  std::string gpu;  ///< name and id
  std::string why;  ///< why a figure is absent
  bool throttled = false;
};

struct Measurements {
  std::vector<BlockArm> blocks;  ///< load and aa cells, every arm
  std::vector<QualityPair> quality;
  std::vector<LikelihoodPair> likelihood;  ///< texts read back, reference and output
  std::vector<ItemScore> answers;  ///< every scored completion, for the report
  /// What of the answers was measured by running programs, what was not, and why.
  std::vector<std::string> quality_notes;
  std::size_t quality_attempted[kArmCount] = {0, 0, 0};
  std::size_t quality_failed[kArmCount] = {0, 0, 0};
  std::map<std::string, std::size_t> quality_failures[kArmCount];
  ServerDelta server[kArmCount];
  MemoryUse memory[kArmCount];
  std::vector<ServerFacts> facts;
  std::vector<std::string> notes;
  std::vector<std::string> missing_cells;  ///< expected by the manifest, not found
  bool interrupted = false;
  bool simulated = false;  ///< any endpoint said that it is a simulator
};

}  // namespace abgate::stats
