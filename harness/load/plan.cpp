#include "load/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "core/error.hpp"
#include "load/arrival.hpp"
#include "load/dealer.hpp"
#include "load/plan_parts.hpp"

namespace abgate::load {

namespace {

constexpr std::string_view kQuality = "quality";
constexpr std::string_view kPrime = "prime";

void check(const Scenario& scenario, const LoadPoint& point, std::size_t prompts) {
  const auto refuse = [&](const char* key, const std::string& seen, const std::string& wanted) {
    throw ScenarioError({scenario.path, 0, 0}, fmt::format("points.{}.{}", point.id, key), seen,
                        wanted);
  };
  if (prompts == 0) refuse("requests", "no prompt in the workload", "at least one");
  const bool bounded = point.arrival == Arrival::ramp || point.arrival == Arrival::trace;
  if (point.requests == 0 && !point.duration && !bounded)
    refuse("requests", "0", "requests or a duration");
  if (point.arrival == Arrival::closed) {
    if (point.concurrency == 0) refuse("concurrency", "0", "at least 1 in a closed loop");
    return;
  }
  if (point.arrival == Arrival::trace) {
    const bool traced =
        scenario.workload.kind == PromptSource::Kind::trace && scenario.workload.classes.empty();
    if (!traced) refuse("arrival", "trace", "arrivals of a trace only with workload.kind: trace");
    if (!(point.time_scale > 0))
      refuse("time_scale", fmt::format("{}", point.time_scale), "a factor above 0");
    return;
  }
  if (point.arrival == Arrival::ramp) {
    if (!(ramp_expected(point, ramp_seconds(point)) > 0))
      refuse("stages", "a ramp without requests", "a duration and a rate above 0 in some stage");
    return;
  }
  if (!(point.rate > 0))
    refuse("rate", fmt::format("{}", point.rate), "a rate above 0 in an open loop");
  if (point.arrival == Arrival::gamma && !(point.burstiness > 0)) {
    refuse("burstiness", fmt::format("{}", point.burstiness), "a shape above 0");
  }
}

/// Makes the cells of a plan.
class Cells {
 public:
  Cells(const Scenario& scenario, const PromptSet& load, const PromptSet& quality)
      : scenario_(scenario),
        load_(load),
        quality_(quality),
        dealer_(load, seed_of(scenario.seeds.prompts, scenario.seeds, "prompts")),
        schedule_seed_(seed_of(scenario.seeds.schedule, scenario.seeds, "schedule")),
        salt_seed_(derive_seed(scenario.seeds.base, "salts")) {}

  std::vector<Cell> run() {
    for (const LoadPoint& point : scenario_.points) check(scenario_, point, load_.prompts.size());
    for (std::uint32_t block = 0; block < scenario_.blocks_at_most(); ++block)
      add_load(CellKind::load, block);
    for (std::uint32_t block = 0; block < scenario_.aa_blocks; ++block)
      add_load(CellKind::aa, block);
    if (scenario_.workload.cache == CachePolicy::warm && !scenario_.points.empty()) add_prime();
    if (!quality_.prompts.empty()) add_quality();
    return std::move(cells_);
  }

 private:
  void add_load(CellKind kind, std::uint32_t block) {
    for (const LoadPoint& point : scenario_.points) {
      Cell cell{kind, point.id, block, point, {}};
      const std::string name = fmt::format("{} {} {}", to_string(kind), point.id, block);
      Rng rng(derive_seed(schedule_seed_, name));
      dealer_.begin_cell(name);
      for (std::size_t i = 0; i < point.warmup_requests; ++i)
        add(cell, Phase::warmup, dealer_.deal(), Duration{0}, 1);
      if (point.arrival == Arrival::trace) {
        replay(cell, point);
      } else {
        deal_measured(cell, point, rng);
      }
      finish(std::move(cell), name);
    }
  }

  /// `requests` counts turns; the session that holds the last of them is driven to its end.
  void deal_measured(Cell& cell, const LoadPoint& point, Rng& rng) {
    const auto planned = planned_requests(point);
    const std::vector<Duration> due =
        point.arrival == Arrival::closed
            ? std::vector<Duration>(*planned)
            : arrivals(point, planned.value_or(0), point.duration, rng);
    cell.requests.reserve(point.warmup_requests + due.size());
    for (const Duration at : due) {
      if (planned && cell.requests.size() - point.warmup_requests >= *planned) break;
      const Dealt dealt = dealer_.deal();
      add(cell, Phase::measured, dealt, at, dealt.unit.turns);
    }
  }

  /// The rows of the trace as they came, `time_scale` times as fast.
  void replay(Cell& cell, const LoadPoint& point) {
    std::size_t left = point.requests > 0 ? point.requests : std::numeric_limits<std::size_t>::max();
    for (const Dealt& dealt : dealer_.in_order()) {
      const Duration at = from_seconds(to_seconds(dealt.unit.at) / point.time_scale);
      if (left-- == 0 || (point.duration && at > *point.duration)) break;
      add(cell, Phase::measured, dealt, at, 1);
    }
  }

  void add(Cell& cell, Phase phase, const Dealt& dealt, Duration due, std::uint32_t turns) {
    for (std::uint32_t turn = 0; turn < turns; ++turn) {
      PlannedRequest request;
      request.phase = phase;
      request.item = dealt.unit.first + turn;
      request.max_tokens = max_tokens(load_, request.item);
      request.ignore_eos = exact(request.item);
      request.follows = turn > 0;
      request.due = turn > 0 ? dealer_.class_of(dealt).think_time : due;
      request.traffic_class = dealt.traffic_class;
      cell.requests.push_back(request);
    }
  }

  bool exact(std::uint32_t prompt) const {
    const bool own = load_.exact.empty() ? load_.ignore_eos : load_.exact[prompt] != 0;
    return own || scenario_.sampling.ignore_eos;
  }

  int max_tokens(const PromptSet& set, std::size_t prompt) const {
    const int own = prompt < set.max_tokens.size() ? set.max_tokens[prompt] : 0;
    return own > 0 ? own : scenario_.sampling.max_tokens;
  }

  /// Numbers and salts the requests. The turns of a session share a salt, else nothing of it could
  /// be cached; so do all of a block under `block` (but for the warm-up of a replay, which borrows
  /// the rows that it measures), and all of warm cells other than quality.
  void finish(Cell&& cell, std::string_view name) {
    const CachePolicy policy = scenario_.workload.cache;
    const bool shared = policy == CachePolicy::warm && cell.kind != CellKind::quality;
    Rng rng(derive_seed(salt_seed_, name));
    std::uint64_t salt = 0;
    for (std::size_t i = 0; i < cell.requests.size(); ++i) {
      PlannedRequest& request = cell.requests[i];
      request.index = static_cast<std::uint32_t>(i);
      const bool apart = cell.kind == CellKind::quality || policy != CachePolicy::block ||
                         (cell.load.arrival == Arrival::trace && i <= cell.load.warmup_requests);
      if (policy != CachePolicy::off && !request.follows && (apart || salt == 0)) salt = rng.next();
      if (policy != CachePolicy::off) request.salt = shared ? warm_salt(scenario_.seeds) : salt;
    }
    cells_.push_back(std::move(cell));
  }

  /// Each prompt that a cell uses once, one token each. Swapped servers start empty in every block.
  void add_prime() {
    std::vector<std::uint8_t> used(load_.prompts.size(), 0);
    for (const Cell& cell : cells_) {
      for (const PlannedRequest& request : cell.requests) used[request.item] = 1;
    }
    const std::size_t cells = scenario_.mode == Mode::swapped ? scenario_.blocks : 1;
    for (std::uint32_t block = 0; block < cells; ++block) {
      Cell cell{CellKind::prime, std::string(kPrime), block, closed(kPrime), {}};
      for (std::uint32_t item = 0; item < used.size(); ++item) {
        if (used[item] == 0) continue;
        PlannedRequest request;
        request.item = item;
        request.max_tokens = 1;
        cell.requests.push_back(request);
      }
      cell.load.requests = cell.requests.size();
      finish(std::move(cell), fmt::format("{} {}", kPrime, block));
    }
  }

  LoadPoint closed(std::string_view id) const {
    LoadPoint load;
    load.id = id;
    load.concurrency = std::max<std::size_t>(1, scenario_.quality.concurrency);
    load.warmup_requests = 0;
    return load;
  }

  /// One cell for each repeat: the same items, each time in an order of its own, natural stops.
  void add_quality() {
    const std::uint64_t seed = seed_of(scenario_.seeds.prompts, scenario_.seeds, "prompts");
    std::vector<std::uint32_t> items(quality_.prompts.size());
    std::iota(items.begin(), items.end(), 0U);
    Rng choice(derive_seed(seed, "quality items"));
    shuffle(std::span(items), choice);
    const std::size_t limit = scenario_.quality.limit;
    if (limit > 0 && limit < items.size()) items.resize(limit);
    for (std::uint32_t repeat = 0; repeat < std::max<std::size_t>(1, scenario_.quality.repeats);
         ++repeat) {
      const std::string name = fmt::format("{} {}", kQuality, repeat);
      Rng order(derive_seed(seed, name));
      shuffle(std::span(items), order);
      Cell cell{CellKind::quality, std::string(kQuality), repeat, closed(kQuality), {}};
      cell.load.requests = items.size();
      for (const std::uint32_t item : items) {
        PlannedRequest request;
        request.item = static_cast<std::uint32_t>(load_.prompts.size()) + item;
        request.repeat = repeat;
        request.max_tokens = max_tokens(quality_, item);
        request.logprobs = true;
        cell.requests.push_back(request);
      }
      finish(std::move(cell), name);
    }
  }

  const Scenario& scenario_;
  const PromptSet& load_;
  const PromptSet& quality_;
  Dealer dealer_;
  const std::uint64_t schedule_seed_;
  const std::uint64_t salt_seed_;
  std::vector<Cell> cells_;
};

}  // namespace

std::size_t prompts_wanted(const Scenario& scenario) {
  double wanted = 0;
  for (const LoadPoint& point : scenario.points) {
    double seconds = point.duration ? to_seconds(*point.duration) : 0;
    if (point.arrival == Arrival::ramp && !point.duration) seconds = ramp_seconds(point);
    double requests = static_cast<double>(point.requests);
    if (point.requests == 0) {
      // Answers of a second (closed), the expected count and a margin (open): then prompts repeat.
      const double due = point.arrival == Arrival::ramp ? ramp_expected(point, seconds)
                                                        : mean_rate(point) * seconds;
      requests = point.arrival == Arrival::closed
                     ? static_cast<double>(point.concurrency) * (seconds + 1)
                     : 1.2 * due + 10;
    }
    wanted += requests + static_cast<double>(point.warmup_requests);
  }
  return static_cast<std::size_t>(wanted *
                                  static_cast<double>(scenario.blocks_at_most() + scenario.aa_blocks));
}

Plan make_plan(const Scenario& scenario, PromptSet load, PromptSet quality) {
  Plan plan;
  plan.cells = Cells(scenario, load, quality).run();
  plan.steps = make_steps(scenario, plan.cells);
  plan.prompts = std::move(load.prompts);
  plan.prompts.insert(plan.prompts.end(), std::make_move_iterator(quality.prompts.begin()),
                      std::make_move_iterator(quality.prompts.end()));
  plan.hash = plan_hash(plan);
  return plan;
}

}  // namespace abgate::load
