// The loops of `abgate search` against servers that are a formula.

#include <set>
#include <cmath>
#include <map>

#include "catch.hpp"
#include "cli/arguments.hpp"
#include "cli/search_loop.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "report/search.hpp"

using namespace abgate;
using namespace abgate::cli;
using namespace std::chrono_literals;
using decision::BracketStatus;
using decision::SearchEnd;

namespace {

/// A request meets the objectives with a chance that falls through 95 % at the arm's capacity.
class Formula : public ProbeSource {
 public:
  double capacity[2] = {4.3, 9.35};  ///< by arm
  double slope = 12;            ///< of the logit over ln(load)
  std::optional<std::size_t> ends_after;
  double client_cpu_above = 1e9;  ///< load at which our own machine is at its limit
  int stumbles = 0;               ///< blocks that the client spoils, then no more
  double gone_above = 1e9;
  std::size_t blocks = 0;
  std::vector<std::string> order;  ///< "baseline r2"
  std::vector<double> progress;

  void done(double fraction) override { progress.push_back(fraction); }

  std::optional<std::vector<stats::BlockArm>> block(const LoadPoint& load, std::uint32_t number,
                                                    std::span<const Arm> arms) override {
    if (ends_after && blocks >= *ends_after) return std::nullopt;
    ++blocks;
    const bool open = load.arrival != Arrival::closed;
    const double at = open ? load.rate : static_cast<double>(load.concurrency);
    std::vector<stats::BlockArm> out;
    for (const Arm arm : arms) {
      order.push_back(std::string(to_string(arm)) + " " + load.id);
      Rng rng(derive_seed(fnv1a(order.back()), number));
      stats::BlockArm b;
      b.point = load.id;
      b.block = number;
      b.arm = arm;
      b.arrival = load.arrival;
      b.window.steady = true;
      const double logit = std::log(19.0) + slope * std::log(capacity[index_of(arm)] / at);
      const double chance = 1 / (1 + std::exp(-logit));
      for (std::size_t i = 0; i < load.requests; ++i) {
        stats::RequestMetrics r;
        r.index = static_cast<std::uint32_t>(i);
        r.success = at <= gone_above;
        r.start = open ? static_cast<double>(i) / at : 0;
        r.ttft = rng.uniform() < chance ? 0.2 : 3;
        r.tpot = 0.02;
        r.e2e = 1;
        b.requests.push_back(r);
      }
      b.attempted = load.requests;
      if (at > gone_above) {
        b.failed = b.attempted;
        b.failures["transport_error connect"] = b.attempted;
      }
      // Throughputs that cross at 24 streams.
      b.throughput = (arm == Arm::candidate ? 250 / (1 + at / 16) : 100.0) * at / (1 + 0.01 * at) *
                     std::exp(0.005 * rng.normal());
      b.request_rate = at;
      if (at > client_cpu_above || stumbles > 0) b.health.client_cpu = 0.99;
      out.push_back(std::move(b));
    }
    if (stumbles > 0) --stumbles;
    return out;
  }
};

Scenario scenario() {
  Scenario s;
  LoadPoint p;
  p.id = "c8";
  p.requests = 10;
  s.points = {p};
  s.slo.ttft = 1s;
  return s;
}

SearchSettings slo(double from = 0.5, double to = 64) {
  SearchSettings s;
  s.range.from = from;
  s.range.to = to;
  s.range.start = 1;
  s.requests = 60;
  return s;
}

template <typename T>
T parsed(const std::vector<std::string>& arguments) {
  const auto result = parse_arguments(arguments);
  if (const auto* stop = std::get_if<Stop>(&result)) FAIL(stop->text);
  return std::get<T>(std::get<Command>(result));
}

}  // namespace

TEST_CASE("A search finds the capacity of each arm and the ratio of the two", "[cli][search]") {
  Formula server;
  const auto s = run_slo_search(scenario(), slo(), server);
  REQUIRE(s.end == SearchEnd::complete);
  for (const auto& arm : s.arms) {
    INFO(decision::capacity_sentence(s, arm, std::string(to_string(arm.arm))));
    const double truth = server.capacity[index_of(arm.arm)];
    REQUIRE(*arm.bracket.held <= truth);
    REQUIRE(*arm.bracket.failed >= truth);
    REQUIRE(*arm.bracket.failed / *arm.bracket.held < 1.6);
    REQUIRE(arm.limit == "TTFT");
  }
  const auto ratio = decision::capacity_ratio(s.arms[0].bracket, s.arms[1].bracket);
  REQUIRE((*ratio.lo <= 9.35 / 4.3 && 9.35 / 4.3 <= *ratio.hi));
}

TEST_CASE("A sharp limit is found to the precision asked", "[cli][search]") {
  Formula server;
  server.slope = 1000;
  const auto s = run_slo_search(scenario(), slo(), server);
  REQUIRE(s.found());
  REQUIRE(decision::exit_code(s) == ExitCode::go);
  for (const auto& arm : s.arms) REQUIRE(*arm.bracket.failed <= *arm.bracket.held * 1.0501);
}

TEST_CASE("Arms are probed one at a time and in turn", "[cli][search]") {
  Formula server;
  server.slope = 1000;
  run_slo_search(scenario(), slo(), server);
  // First load: baseline, then candidate; second: the other way round.
  REQUIRE(server.order[0] == "baseline r1");
  REQUIRE(server.order[2] == "candidate r1");
  REQUIRE(server.order[4] == "candidate r2");
  REQUIRE(server.order[6] == "baseline r2");
}

TEST_CASE("A probe that does not decide gets twice the blocks, up to the limit", "[cli][search]") {
  Formula server;
  auto settings = slo(4.3, 4.3);  // the baseline's capacity itself
  settings.range.start = 4.3;
  settings.range.confirm = false;
  settings.arms = {Arm::baseline};
  const auto s = run_slo_search(scenario(), settings, server);
  REQUIRE(s.arms[0].probes.size() == 1);
  if (s.arms[0].probes[0].answer == decision::ProbeAnswer::undecided) {
    REQUIRE(server.blocks == 8);
    REQUIRE(s.arms[0].bracket.status == BracketStatus::undecided);
    REQUIRE(decision::exit_code(s) == ExitCode::inconclusive);
  }
}

TEST_CASE("Progress moves with every block and stays below the whole", "[cli][search]") {
  Formula server;
  run_slo_search(scenario(), slo(), server);
  REQUIRE(server.progress.size() > server.blocks);
  std::set<double> seen(server.progress.begin(), server.progress.end());
  REQUIRE(seen.size() > server.blocks / 2);
  REQUIRE((*seen.begin() >= 0 && *seen.rbegin() <= 0.95));
}

TEST_CASE("A client at its limit ends the search and claims nothing above", "[cli][search]") {
  Formula server;
  server.slope = 1000;
  server.client_cpu_above = 3;
  const auto s = run_slo_search(scenario(), slo(), server);
  REQUIRE(s.end == SearchEnd::client_limited);
  REQUIRE(decision::exit_code(s) == ExitCode::void_run);
  REQUIRE(s.end_value == 4);
  REQUIRE(*s.arms[0].bracket.held == 2);
  REQUIRE(!s.arms[0].bracket.failed);
  REQUIRE_THAT(report::console_text(s, scenario()), ContainsSubstring("our own machine was the limit"));
}

TEST_CASE("A client that stumbled once is asked again", "[cli][search]") {
  Formula server;
  server.slope = 1000;
  server.stumbles = 1;
  std::vector<std::string> notes;
  SearchWatch watch;
  watch.note = [&](const std::string& line) { notes.push_back(line); };
  const auto s = run_slo_search(scenario(), slo(), server, watch);
  REQUIRE(s.found());
  REQUIRE(notes.size() == 1);
  REQUIRE_THAT(notes[0], ContainsSubstring("once more"));
}

TEST_CASE("Recordings that end and endpoints that are gone are told apart", "[cli][search]") {
  Formula cut;
  cut.ends_after = 5;
  const auto s = run_slo_search(scenario(), slo(), cut);
  REQUIRE(s.end == SearchEnd::interrupted);
  REQUIRE(decision::exit_code(s) == ExitCode::interrupted);
  Formula dead;
  dead.gone_above = 3;
  const auto t = run_slo_search(scenario(), slo(), dead);
  REQUIRE(t.end == SearchEnd::gone);
  REQUIRE(decision::exit_code(t) == ExitCode::unavailable);
}

TEST_CASE("The crossover is bracketed by paired blocks", "[cli][search]") {
  Formula server;
  SearchSettings settings;
  settings.kind = SearchSettings::Kind::crossover;
  settings.axis = decision::Axis::concurrency;
  settings.range.to = 128;
  settings.range.whole = settings.range.ends_first = true;
  settings.rules.first_blocks = 3;
  settings.rules.max_blocks = 12;
  settings.requests = 8;
  const auto s = run_crossover_search(scenario(), settings, server);
  REQUIRE(s.answer() == decision::CrossoverAnswer::crosses);
  REQUIRE((*s.bracket.held <= 24 && *s.bracket.failed >= 24 && *s.bracket.failed - *s.bracket.held <= 3));
  REQUIRE(s.fit.has_value());
  server.client_cpu_above = 60;
  REQUIRE(run_crossover_search(scenario(), settings, server).end == SearchEnd::client_limited);
}

TEST_CASE("The load of a probe is the first point's at another value", "[cli][search]") {
  Scenario s = scenario();
  auto settings = slo();
  settings.seconds = 20;
  LoadPoint p = probe_load(s, settings, 12.5, 1);
  REQUIRE((p.id == "r12_5" && p.arrival == Arrival::poisson && p.rate == 12.5));
  REQUIRE((p.requests == 250 && p.concurrency == 0));
  REQUIRE(probe_load(s, settings, 1, 2).id == "r1-2");
  REQUIRE(probe_load(s, settings, 1, 1).requests == 60);
  s.points[0].arrival = Arrival::gamma;
  s.points[0].burstiness = 0.5;
  s.points[0].concurrency = 64;  // an open loop's cap stays
  p = probe_load(s, settings, 2, 1);
  REQUIRE((p.arrival == Arrival::gamma && p.burstiness == 0.5 && p.concurrency == 64));
  s.points[0].arrival = Arrival::ramp;  // has no one rate
  s.points[0].stages = {{10s, 4}};
  p = probe_load(s, settings, 2, 1);
  REQUIRE((p.arrival == Arrival::poisson && p.stages.empty() && p.rate == 2));
  settings.axis = decision::Axis::concurrency;
  p = probe_load(s, settings, 32, 1);
  REQUIRE((p.id == "c32" && p.arrival == Arrival::closed && p.concurrency == 32));
  REQUIRE((p.requests == 128 && p.warmup_requests == 32));
}

TEST_CASE("Settings are stored and read back; others are refused with the file's name", "[cli][search]") {
  SearchSettings s = slo(2, 32);
  s.axis = decision::Axis::concurrency;
  s.range.whole = true;
  s.range.confirm = false;
  s.rules.max_blocks = 16;
  s.arms = {Arm::candidate};
  s.metric = "ttft";
  s.threshold = 1.5;
  const std::string text = encode_settings(s);
  const SearchSettings back = decode_settings(text, "search.json");
  REQUIRE(encode_settings(back) == text);
  REQUIRE_THROWS_WITH(decode_settings("{}", "x/search.json"), ContainsSubstring("x/search.json"));
  REQUIRE_THROWS_AS(decode_settings("[1,", "x"), DataError);
  std::string broken = text;
  broken.replace(broken.find("\"precision\": 0.05"), 17, "\"precision\": -1.0");
  REQUIRE_THROWS_AS(decode_settings(broken, "x"), DataError);
}

TEST_CASE("search takes its ranges, precision and axis", "[cli][search]") {
  const auto o = parsed<SearchSloOptions>({"search", "slo", "s.yaml", "--over", "rate", "--from", "0.5",
                                           "--to", "64", "--precision", "10%", "--arm", "candidate",
                                           "--goodput", "ttft:1000", "--no-confirm"});
  REQUIRE((o.over == "rate" && *o.common.from == 0.5 && *o.common.to == 64 && o.arm == "candidate"));
  REQUIRE((o.common.precision == "10%" && !o.common.confirm));
  REQUIRE(o.common.input.bench.goodput == std::vector<std::string>{"ttft:1000"});
  REQUIRE(parsed<SearchCrossoverOptions>({"search", "crossover", "s.yaml"}).common.confirm);
  REQUIRE(std::get<Stop>(parse_arguments({"search"})).code == ExitCode::usage);
  REQUIRE(std::get<Stop>(parse_arguments({"search", "slo", "s.yaml", "--from", "-1"})).code ==
          ExitCode::usage);
}

TEST_CASE("A sweep option becomes a list in the first load point", "[cli][search]") {
  ScenarioOptions o;
  o.sweep = {"concurrency=1..4", "requests=8,16,32"};
  REQUIRE(overrides(o) == std::vector<std::string>{"points.0.arrival=closed", "points.0.rate=null",
                                                   "points.0.concurrency=[1, 2, 4]",
                                                   "points.0.requests=[8, 16, 32]"});
  o.sweep = {"rate=0.5,2/s"};
  REQUIRE(overrides(o) == std::vector<std::string>{"points.0.rate=[0.5/s, 2/s]"});
  o.sweep = {"temperature=1,2"};
  REQUIRE_THROWS_WITH(overrides(o), ContainsSubstring("want concurrency=VALUES or rate=VALUES"));
}
