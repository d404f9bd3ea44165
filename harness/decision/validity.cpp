#include "decision/validity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "decision/methods.hpp"
#include "decision/words.hpp"

namespace abgate::decision {
namespace {

/// Share of blocks that may lack a steady window: some run into a stall or a late stream.
constexpr double kMaxUnsteady = 1.0 / 3.0;
/// Blocks that must drift before the run is VOID: one alone may be chance (p < 0.001 a block; two
/// of six by chance: 1.5 in 100,000 runs).
constexpr std::size_t kMinDrifting = 2;
/// Share of paired prompts whose token counts may differ between the servers.
constexpr double kMaxTokenMismatch = 0.01;

using Findings = std::vector<ValidityFinding>;

std::string cell_of(const stats::BlockArm& b) {
  return fmt::format("{}/{}{:03}-{}", b.point, b.kind == CellKind::aa ? "aa" : "", b.block,
                     to_string(b.arm));
}

/// The block with the largest value of a health figure.
template <typename Figure>
const stats::BlockArm* worst_block(const stats::Measurements& m, Figure figure) {
  const stats::BlockArm* worst = nullptr;
  for (const stats::BlockArm& b : m.blocks) {
    if (worst == nullptr || figure(b) > figure(*worst)) worst = &b;
  }
  return worst;
}

/// The first remedy, and the one for a client that has cores left.
std::string more_loops(const stats::BlockArm& b, std::string_view else_do) {
  return fmt::format("{}; with cores to spare, more loops (client.loops, {} now)", else_do,
                     b.health.loops);
}

void check_lags(const Inputs& in, Findings& out) {
  const ValidityRules& rules = in.scenario.validity;
  const auto schedule = [](const stats::BlockArm& b) {
    return b.arrival == Arrival::closed ? Duration{0} : b.health.schedule_lag_p99;
  };
  const stats::BlockArm* late = worst_block(in.m, schedule);
  if (late != nullptr && schedule(*late) > rules.max_schedule_lag_p99) {
    out.push_back({"schedule_lag", true,
                   fmt::format("requests left {} ms late (p99, {}), at most {} ms are allowed",
                               number(to_ms(schedule(*late))), cell_of(*late),
                               number(to_ms(rules.max_schedule_lag_p99))),
                   "use a faster or quieter client machine, or a lower rate"});
  }
  const auto loop = [](const stats::BlockArm& b) { return b.health.loop_lag_p99; };
  const stats::BlockArm* slow = worst_block(in.m, loop);
  if (slow != nullptr && loop(*slow) > rules.max_loop_lag_p99) {
    out.push_back(
        {"loop_lag", true,
         fmt::format(
             "the client stamped events {} ms after it woke (p99, {}), at most {} ms are allowed",
             number(to_ms(loop(*slow))), cell_of(*slow), number(to_ms(rules.max_loop_lag_p99))),
         more_loops(*slow, "use a faster or quieter client machine, or fewer streams")});
  }
}

/// Other work on the client's processor: the loop's own lag counts from its wake-up and cannot see
/// that it woke late.
void check_wake(const Inputs& in, Findings& out) {
  const Duration limit = in.scenario.validity.max_loop_lag_p99;
  const auto wake = [](const stats::BlockArm& b) { return b.health.wake_lag_p99; };
  const stats::BlockArm* late = worst_block(in.m, wake);
  if (late == nullptr || wake(*late) <= limit) return;
  out.push_back({"wake_lag", true,
                 fmt::format("the client got to run {} ms after it was due (p99, {}), at most {} ms "
                             "are allowed: its processor was busy with other work",
                             number(to_ms(wake(*late))), cell_of(*late), number(to_ms(limit))),
                 "stop what else runs on the client machine, or give abgate a core of its own "
                 "(taskset), then run again"});
}

void check_network(const Inputs& in, Findings& out) {
  const ValidityRules& rules = in.scenario.validity;
  const auto lost = [](const stats::BlockArm& b) { return lost_share(b.health.tcp); };
  const stats::BlockArm* lossy = worst_block(in.m, lost);
  if (lossy != nullptr && lost(*lossy) > rules.max_retransmits) {
    const TcpCounts& tcp = lossy->health.tcp;
    out.push_back({"retransmits", true,
                   fmt::format("TCP lost or reordered {} of the segments ({}: {} of {} sent again, "
                               "{} of {} received behind a gap), at most {} are allowed",
                               percent(lost(*lossy)), cell_of(*lossy), tcp.retransmits,
                               tcp.segments_out, tcp.out_of_order, tcp.segments_in,
                               percent(rules.max_retransmits)),
                   "find the lossy link or the busy switch between this machine and the server; "
                   "run beside the server if you can"});
  }
  const auto queue = [](const stats::BlockArm& b) { return b.health.receive_queue_p99; };
  const stats::BlockArm* full = worst_block(in.m, queue);
  if (full != nullptr && queue(*full) > rules.max_receive_queue) {
    out.push_back({"receive_queue", true,
                   fmt::format("{} bytes waited in a socket when the client read it (p99, {}), at "
                               "most {} are allowed: the server may have been kept from writing",
                               count(queue(*full)), cell_of(*full), count(rules.max_receive_queue)),
                   "use a faster or quieter client machine; raise validity.max_receive_queue for a "
                   "server that sends its answers in one piece"});
  }
}

void check_cpu(const Inputs& in, Findings& out) {
  const auto cpu = [](const stats::BlockArm& b) { return b.health.client_cpu; };
  const stats::BlockArm* busy = worst_block(in.m, cpu);
  if (busy == nullptr || !(cpu(*busy) > in.scenario.validity.max_client_cpu)) return;
  out.push_back({"client_cpu", true,
                 fmt::format("the client used {} of a core ({}), at most {} is allowed: it may "
                             "have been the bottleneck",
                             percent(cpu(*busy)), cell_of(*busy),
                             percent(in.scenario.validity.max_client_cpu)),
                 more_loops(*busy, "use a faster client machine, or fewer streams")});
}

void check_own_faults(const Inputs& in, Findings& out) {
  std::size_t ours = 0;
  for (const stats::BlockArm& b : in.m.blocks) ours += b.ours;
  if (ours == 0) return;
  out.push_back({"harness_faults", true,
                 fmt::format("{} lost to faults of the client machine (file descriptors, ports)",
                             counted(ours, "request")),
                 "raise the limits (ulimit -n, ip_local_port_range) and run again"});
}

void check_token_ids(const Inputs& in, Findings& out) {
  const ServerFacts* facts[2] = {nullptr, nullptr};
  for (const ServerFacts& f : in.m.facts) {
    if (f.arm != Arm::control) facts[index_of(f.arm)] = &f;
  }
  const bool known = facts[0] != nullptr && facts[1] != nullptr && facts[0]->token_ids_hash &&
                     facts[1]->token_ids_hash;
  if (!known || *facts[0]->token_ids_hash == *facts[1]->token_ids_hash) return;
  out.push_back({"tokens", true, "the two servers turn the same prompts into different token ids",
                 "serve both arms with the same tokeniser files and chat template"});
}

/// The servers' own prompt token counts of the same requests.
void check_prompt_tokens(const Inputs& in, Findings& out) {
  std::size_t pairs = 0, different = 0;
  for (const stats::BlockArm& b : in.m.blocks) {
    if (b.kind != CellKind::load || b.arm != Arm::baseline) continue;
    for (const stats::BlockArm& c : in.m.blocks) {
      if (c.kind != CellKind::load || c.arm != Arm::candidate || c.block != b.block ||
          c.point != b.point)
        continue;
      for (std::size_t i = 0; i < std::min(b.requests.size(), c.requests.size()); ++i) {
        const stats::RequestMetrics &x = b.requests[i], &y = c.requests[i];
        if (x.index != y.index || std::isnan(x.prompt_tokens) || std::isnan(y.prompt_tokens))
          continue;
        ++pairs;
        if (std::fabs(x.prompt_tokens - y.prompt_tokens) > 0.5) ++different;
      }
    }
  }
  if (pairs == 0 ||
      static_cast<double>(different) <= kMaxTokenMismatch * static_cast<double>(pairs))
    return;
  out.push_back(
      {"prompt_tokens", true,
       fmt::format("the servers counted different prompt tokens in {} of {} equal requests",
                   count(different), count(pairs)),
       "serve both arms with the same tokeniser files and chat template"});
}

void check_cache(const Inputs& in, Findings& out) {
  const auto &base = in.m.server[0].prefix_hit_rate, &cand = in.m.server[1].prefix_hit_rate;
  if (in.scenario.workload.cache != CachePolicy::cold || !base || !cand) return;
  if (std::fabs(*base - *cand) <= in.scenario.validity.max_cache_hit_difference) return;
  out.push_back(
      {"cache", true,
       fmt::format("prefix cache hits differ under a cold cache: baseline {}, candidate {}",
                   percent(*base), percent(*cand)),
       "restart both servers or salt by prompt_prefix, so that neither side starts warm"});
}

void check_fingerprint(const Inputs& in, Findings& out) {
  for (const std::string& change : in.context.fingerprint_changes) {
    out.push_back({"fingerprint", true, "a deployment changed during the run: " + change,
                   "keep both deployments as they are while the run lasts"});
  }
  for (const Arm arm : {Arm::baseline, Arm::control}) {
    if (in.m.server[index_of(arm)].restarts == 0) continue;
    out.push_back({"baseline_restarted", true,
                   fmt::format("the {}'s server restarted during the run ({})", to_string(arm),
                               counted(in.m.server[index_of(arm)].restarts, "restart")),
                   "find out why it restarted, then run again"});
    break;  // the control is the baseline's server
  }
}

void check_noise(const Inputs& in, Findings& out) {
  const NoiseFloor& noise = in.noise;
  const ValidityRules& rules = in.scenario.validity;
  if (!noise.measured) {
    const bool judged_on_blocks = std::any_of(
        in.scenario.criteria.begin(), in.scenario.criteria.end(), [](const Criterion& c) {
          return is_request_metric(c.metric) || is_block_metric(c.metric);
        });
    if (in.scenario.aa_blocks > 0 && judged_on_blocks) {
      out.push_back({"aa_missing", false, "A/A blocks were planned and none was measured",
                     "run again with the A/A blocks"});
    }
    return;
  }
  if (rules.aa_must_contain_one && !noise.spoiled.empty()) {
    out.push_back(
        {"aa", true,
         fmt::format("the baseline differs from itself beyond chance (99.9 % over all metrics) and "
                     "by more than the ±{} that pass as noise: {}. Something other than the model "
                     "makes the difference. {}",
                     percent(rules.aa_max_half_width), noise.spoiled, noise.line),
         "look for load by others, drift or thermal limits on the baseline's machine; then run "
         "again"});
  } else if (rules.aa_must_contain_one && noise.biased) {
    out.push_back({"aa", false,
                   fmt::format("the baseline differs from itself: {}. Something other than the "
                               "model makes a difference ({})",
                               noise.line, noise.worst),
                   "look for load by others, drift or thermal limits on the baseline's machine; "
                   "interleave more blocks"});
  }
  if (noise.resolution > rules.aa_max_half_width) {
    out.push_back(
        {"aa_wide", false,
         fmt::format("two equal servers may differ by ±{} in a run of this size ({}), at most ±{} "
                     "is allowed",
                     percent(noise.resolution), noise.worst, percent(rules.aa_max_half_width)),
         "use longer or more blocks, or quieter machines"});
  }
}

/// Does a criterion read the point, by a metric of that kind?
bool reads(const Scenario& scenario, std::string_view point, bool (*kind)(std::string_view)) {
  return std::any_of(scenario.criteria.begin(), scenario.criteria.end(), [&](const Criterion& c) {
    const LoadPoint* p = point_of(scenario, c);
    return kind(c.metric) && p != nullptr && p->id == point;
  });
}

/// The candidate failed or fell over there: its own doing may be why nothing was steady, and what
/// it did must be able to say NO-GO.
bool own_doing(const Inputs& in, std::string_view point, Arm arm) {
  return arm == Arm::candidate &&
         (load_failures(in.m, point, arm).exceeding > 0 || in.m.server[index_of(arm)].restarts > 0);
}

/// Two ways not to be steady. Throughput that drifts through a block (its halves differ by more
/// than 5 % and more than chance explains, p < 0.001, see steady_window) in more than a third of an
/// arm's blocks: what was measured there depends on when it was measured, VOID, whichever metric is
/// read. A load that was never held (too few requests for the streams): the plan gives no window to
/// read, INCONCLUSIVE at most where a criterion reads it.
void check_steady(const Inputs& in, Findings& out) {
  for (const LoadPoint& point : in.scenario.points) {
    const bool window = reads(in.scenario, point.id, is_block_metric);
    if (!window && !reads(in.scenario, point.id, is_request_metric)) continue;
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      const auto blocks = blocks_of(in.m, point.id, arm);
      const double allowed = kMaxUnsteady * static_cast<double>(blocks.size());
      std::size_t unsteady = 0, drifting = 0;
      std::string why;
      for (const stats::BlockArm* b : blocks) {
        if (b->window.steady) continue;
        ++unsteady;
        drifting += b->window.drifts ? 1U : 0U;
        if (why.empty() || b->window.drifts) why = b->window.why;
      }
      const bool drifts = static_cast<double>(drifting) > allowed && drifting >= kMinDrifting;
      if (!drifts && (!window || static_cast<double>(unsteady) <= allowed)) continue;
      const bool voids = drifts && !own_doing(in, point.id, arm);
      out.push_back({"not_steady", voids,
                     fmt::format("{} of {} blocks of the {} at {} never reached a steady state{}",
                                 unsteady, blocks.size(), to_string(arm), point.id,
                                 why.empty() ? "" : " (" + why + ")"),
                     drifting > 0 ? "find what slows or speeds the machine (warm-up, heat, load by "
                                    "others); use longer "
                                    "blocks or more warm-up requests"
                                  : "use longer blocks or more warm-up requests"});
    }
  }
}

void check_completeness(const Inputs& in, Findings& out) {
  if (in.m.interrupted) {
    out.push_back({"interrupted", false, "the run was interrupted before its end",
                   "run it again to its end"});
  }
  if (!in.m.missing_cells.empty()) {
    std::vector<std::string> shown_cells(
        in.m.missing_cells.begin(),
        in.m.missing_cells.begin() + std::min<std::ptrdiff_t>(5, std::ssize(in.m.missing_cells)));
    const std::size_t more = in.m.missing_cells.size() - shown_cells.size();
    if (more > 0) shown_cells.push_back(counted(more, "other"));
    out.push_back(
        {"missing_cells", false,
         fmt::format("{} of the run not there: {}",
                     counted(in.m.missing_cells.size(), "planned piece"), list(shown_cells)),
         "run the missing blocks again"});
  }
}

}  // namespace

std::vector<ValidityFinding> check_validity(const Inputs& in) {
  Findings out;
  check_lags(in, out);
  check_wake(in, out);
  check_cpu(in, out);
  check_network(in, out);
  check_own_faults(in, out);
  if (in.scenario.validity.same_token_ids) {
    check_token_ids(in, out);
    check_prompt_tokens(in, out);
  }
  check_fingerprint(in, out);
  check_cache(in, out);
  check_completeness(in, out);
  check_noise(in, out);
  check_steady(in, out);
  std::stable_partition(out.begin(), out.end(), [](const ValidityFinding& f) { return f.voids; });
  return out;
}

std::vector<std::string> unchecked(const Inputs& in) {
  std::vector<std::string> out;
  if (!in.noise.measured && in.scenario.aa_blocks == 0)
    out.push_back("no A/A block was run: the noise floor is unknown");
  std::size_t hashes = 0;
  for (const ServerFacts& f : in.m.facts) {
    if (f.token_ids_hash && f.arm != Arm::control) ++hashes;
  }
  out.insert(out.end(), in.context.unchecked.begin(), in.context.unchecked.end());
  if (in.scenario.validity.same_token_ids && hashes < 2) {
    out.push_back("equal token ids could not be checked: not both servers answer /tokenize");
  }
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    if (!in.m.server[index_of(arm)].seen) {
      out.push_back(
          fmt::format("{}: no /metrics, so restarts, preemption and cache hits were not seen",
                      label_of(in.scenario, arm)));
    }
  }
  return out;
}

}  // namespace abgate::decision
