#include "decision/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "stats/distributions.hpp"

namespace abgate::decision {
namespace {

constexpr double kTokens = 128;
constexpr double kStreams = 8;

/// Two independent AR(1) series with unit variance: Box–Muller gives normals in pairs.
class Wander {
 public:
  Wander(double phi, Rng& rng)
      : phi_(phi), fresh_(std::sqrt(1 - phi * phi)), rng_(rng), x_(two_normals()) {}
  std::pair<double, double> next() {
    const auto now = x_;
    const auto [a, b] = two_normals();
    x_ = {phi_ * x_.first + fresh_ * a, phi_ * x_.second + fresh_ * b};
    return now;
  }

 private:
  std::pair<double, double> two_normals() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - rng_.uniform()));
    const double angle = 2.0 * std::numbers::pi * rng_.uniform();
    return {radius * std::cos(angle), radius * std::sin(angle)};
  }

  double phi_, fresh_;
  Rng& rng_;
  std::pair<double, double> x_;
};

/// Sd of the mean of n unit AR(1) values.
double sd_of_mean(double phi, std::size_t n) {
  double sum = 1, power = 1;
  for (std::size_t lag = 1; lag < n; ++lag) {
    power *= phi;
    sum += 2 * (1 - static_cast<double>(lag) / static_cast<double>(n)) * power;
  }
  return std::sqrt(sum / static_cast<double>(n));
}

/// One arm's model in one block.
struct Side {
  double speed = 0;  ///< mean over runs, tok/s
  double beyond = 0;
  double error_rate = 0;
};

class Experiment {
 public:
  Experiment(const World& world, const ScatterModel& scatter, const Design& design, Rng& rng)
      : world_(world), scatter_(scatter), design_(design), rng_(rng) {
    const double within = scatter.request_sd * sd_of_mean(scatter.autocorrelation, design.requests);
    arm_sd_ = std::sqrt(std::max(0.0, scatter.block_sd * scatter.block_sd / 2 - within * within));
    // E[exp(noise)] = exp(sd²/2): the stated speeds are arithmetic means over runs.
    const double total = scatter.run_sd * scatter.run_sd + scatter.block_sd * scatter.block_sd / 2;
    shrink_ = std::exp(-total / 2);
  }

  void run(stats::Measurements& m) {
    clear(m);
    const Side base{world_.baseline_speed, world_.baseline_beyond, 0};
    const Side cand{world_.candidate_speed, world_.candidate_beyond, world_.error_rate};
    for (std::size_t k = 0; k < design_.blocks; ++k)
      pair_of_blocks(m, CellKind::load, k, Arm::candidate, base, cand);
    for (std::size_t k = 0; k < design_.aa_blocks; ++k)
      pair_of_blocks(m, CellKind::aa, k, Arm::control, base, base);
    quality(m);
    servers(m);
  }

 private:
  /// Keeps the storage of blocks and pairs, nothing else.
  void clear(stats::Measurements& m) {
    auto blocks = std::move(m.blocks);
    auto pairs = std::move(m.quality);
    m = {};
    m.blocks = std::move(blocks);
    m.quality = std::move(pairs);
    m.blocks.resize(2 * (design_.blocks + design_.aa_blocks));
    m.quality.resize(design_.items);
    next_block_ = 0;
  }

  void pair_of_blocks(stats::Measurements& m, CellKind kind, std::size_t k, Arm other,
                      const Side& base, const Side& side) {
    const double shared = scatter_.run_sd * rng_.normal();
    block(m.blocks[next_block_++], kind, k, Arm::baseline, base, shared);
    block(m.blocks[next_block_++], kind, k, other, side, shared);
  }

  void block(stats::BlockArm& b, CellKind kind, std::size_t k, Arm arm, const Side& side,
             double shared) {
    auto requests = std::move(b.requests);
    b = {};
    b.requests = std::move(requests);
    b.point = kSimulatedPoint;
    b.kind = kind;
    b.block = static_cast<std::uint32_t>(k);
    b.arm = arm;
    const double speed = std::log(side.speed * shrink_) + shared + arm_sd_ * rng_.normal();
    const double spread = std::hypot(scatter_.ttft_run_sd, scatter_.ttft_request_sd);
    // Marginal P(TTFT >= limit) over runs and requests is exactly `beyond`.
    const double ttft = std::log(world_.ttft_limit) -
                        stats::normal_quantile(1 - side.beyond) * spread +
                        scatter_.ttft_run_sd * rng_.normal();
    Wander wander(scatter_.autocorrelation, rng_);
    b.requests.resize(design_.requests);
    for (std::size_t i = 0; i < design_.requests; ++i) {
      stats::RequestMetrics& r = b.requests[i] = {};
      r.index = static_cast<std::uint32_t>(i);
      r.success = rng_.uniform() >= side.error_rate;
      const auto [pace, wait] = wander.next();
      const double tpot = std::exp(-speed - scatter_.request_sd * pace);
      const double first = std::exp(ttft + scatter_.ttft_request_sd * wait);
      if (r.success) fill(r, first, tpot);
      ++b.attempted;
      if (!r.success) ++b.failed;
    }
    if (b.failed > 0) b.failures["http_error 500"] = b.failed;
    b.throughput = kStreams * std::exp(speed);
    b.throughput_whole = b.throughput;
    b.request_rate = b.throughput / kTokens;
    b.wall_seconds = static_cast<double>(design_.requests) / b.request_rate;
    b.window = {0, b.wall_seconds, true, "simulated"};
  }

  static void fill(stats::RequestMetrics& r, double first, double tpot) {
    r.ttft = r.ttft_service = first;
    r.tpot = tpot;
    r.icg_max = tpot;
    r.output_tokens = kTokens;
    r.prompt_tokens = 700;
    r.chunks = kTokens;
    r.e2e = first + tpot * (kTokens - 1);
    r.ntpot = r.e2e / kTokens;
  }

  /// Outcome of an item: 0 both right, 1 candidate only, 2 baseline only, 3 neither.
  int draw_outcome() {
    const double loss = world_.baseline_quality * (1 - world_.quality_ratio);
    const double discordance = std::max(world_.discordance, std::fabs(loss));
    const double baseline_only = (discordance + loss) / 2,
                 candidate_only = (discordance - loss) / 2;
    const double u = rng_.uniform();
    if (u < baseline_only) return 2;
    if (u < baseline_only + candidate_only) return 1;
    return u < candidate_only + world_.baseline_quality ? 0 : 3;
  }

  void quality(stats::Measurements& m) {
    const std::size_t size = std::max<std::size_t>(1, design_.cluster_size);
    int first = 0;
    for (std::size_t i = 0; i < design_.items; ++i) {
      const bool leads = i % size == 0;
      int outcome = draw_outcome();
      if (leads)
        first = outcome;
      else if (rng_.uniform() < scatter_.cluster_copy)
        outcome = first;
      stats::QualityPair& pair = m.quality[i];
      name(pair, i, i / size);
      pair.dropped = world_.error_rate > 0 && rng_.uniform() < world_.error_rate;
      if (pair.dropped) {
        pair.baseline.clear();
        pair.candidate.clear();
        ++m.quality_failed[index_of(Arm::candidate)];
        continue;
      }
      pair.baseline[kSimulatedScore] = outcome == 0 || outcome == 2 ? 1 : 0;
      pair.candidate[kSimulatedScore] = outcome == 0 || outcome == 1 ? 1 : 0;
    }
    for (const Arm arm : {Arm::baseline, Arm::candidate})
      m.quality_attempted[index_of(arm)] = design_.items;
  }

  static void name(stats::QualityPair& pair, std::size_t item, std::size_t source) {
    if (pair.category == "simulated") return;  // of an earlier experiment: the same names
    pair.item = "item-" + std::to_string(item);
    pair.cluster = "source-" + std::to_string(source);
    pair.category = "simulated";
    pair.language = "none";
  }

  void servers(stats::Measurements& m) const {
    const double used[2] = {world_.baseline_memory_gb, world_.candidate_memory_gb};
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      stats::MemoryUse& memory = m.memory[index_of(arm)];
      memory.used_peak_gb = used[index_of(arm)];
      memory.total_gb = 102.6;
      memory.samples = 100;
      memory.longest_gap_s = 1;
      memory.gpu = "simulated";
      m.server[index_of(arm)].seen = true;
    }
  }

  const World& world_;
  const ScatterModel& scatter_;
  const Design& design_;
  Rng& rng_;
  double arm_sd_ = 0;
  double shrink_ = 1;
  std::size_t next_block_ = 0;
};

}  // namespace

stats::Measurements simulate(const World& world, const ScatterModel& scatter, const Design& design,
                             Rng& rng) {
  stats::Measurements m;
  simulate(world, scatter, design, rng, m);
  return m;
}

void simulate(const World& world, const ScatterModel& scatter, const Design& design, Rng& rng,
              stats::Measurements& into) {
  Experiment(world, scatter, design, rng).run(into);
}

}  // namespace abgate::decision
