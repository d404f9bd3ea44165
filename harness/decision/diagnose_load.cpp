// Was the load what its name says: steady, within capacity, answered by all, on equal hardware?

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "decision/diagnosis.hpp"
#include "decision/words.hpp"
#include "stats/moments.hpp"
#include "stats/t_blocks.hpp"

namespace abgate::decision {
namespace {

constexpr double kLevel = 0.90;  ///< two-sided: one-sided 95 %
/// Open loop: TTFT of a block's last third over its first third, from which the queue grows.
constexpr double kGrowth = 1.5;
/// TTFT of a block's first tenth over the rest, from which something still warms up…
constexpr double kCold = 2.0;
/// …and the share that it must add to the block's mean to matter.
constexpr double kColdShare = 0.05;
constexpr std::size_t kFirstAtLeast = 3;
/// Requests running together, of the streams asked for, below which the engine caps them.
constexpr double kCapped = 0.9;
/// Gap between the server's own time per token and the client's from which definitions or hidden
/// requests explain it.
constexpr double kDefinitionGap = 0.05;

double mean_ttft(std::span<const stats::RequestMetrics> requests) {
  stats::Moments m;
  for (const stats::RequestMetrics& r : requests) {
    if (r.success && std::isfinite(r.ttft)) m.add(r.ttft);
  }
  return m.n() == 0 ? stats::kUndefined : m.mean();
}

/// Mean TTFT of two parts of each block.
struct Parts {
  std::vector<double> early, late;
};

template <typename Split>
Parts parts_of(const Inputs& in, std::string_view point, Arm arm, Split split) {
  Parts out;
  for (const stats::BlockArm* b : blocks_of(in.m, point, arm)) {
    const std::span<const stats::RequestMetrics> all(b->requests);
    const auto [first, last] = split(all.size());
    if (first == 0 || last == 0 || first + last > all.size()) continue;
    const double early = mean_ttft(all.first(first)), late = mean_ttft(all.last(last));
    if (!(early > 0) || !(late > 0)) continue;
    out.early.push_back(early);
    out.late.push_back(late);
  }
  return out;
}

std::string ms(double seconds) {
  return quantity(1000 * seconds, "ms");
}

void explain_growth(const Inputs& in, const LoadPoint& point, Arm arm, Explanations& out) {
  const Parts p = parts_of(in, point.id, arm, [](std::size_t n) {
    return std::pair<std::size_t, std::size_t>{n / 3, n / 3};
  });
  const stats::Estimate grown = stats::t_log_ratio(p.early, p.late, kLevel);
  if (!grown.value || !grown.lo || !(*grown.lo > kGrowth)) return;
  out.push_back(
      {"saturated",
       fmt::format("{} cannot keep up with {}: its queue grows", label_of(in.scenario, arm),
                   point.id),
       fmt::format("at {} offered requests a second the time to first token goes from {} in the "
                   "first third of a block to {} in the last ({}× [{}, {}])",
                   number(point.rate), ms(stats::mean_finite(p.early)),
                   ms(stats::mean_finite(p.late)), number(*grown.value), number(*grown.lo),
                   grown.hi ? number(*grown.hi) : "-"),
       "latencies of an overloaded server say how long the run was, not how fast the server is: "
       "lower the rate, or read capacity instead",
       true});
}

void explain_cold_start(const Inputs& in, const LoadPoint& point, Arm arm, Explanations& out) {
  const Parts p = parts_of(in, point.id, arm, [](std::size_t n) {
    const std::size_t first = std::max(kFirstAtLeast, n / 10);
    return std::pair<std::size_t, std::size_t>{first, n > first ? n - first : 0};
  });
  const stats::Estimate cold = stats::t_log_ratio(p.late, p.early, kLevel);
  if (!cold.value || !cold.lo || !(*cold.lo > kCold)) return;
  if (0.1 * (*cold.value - 1) < kColdShare) return;
  out.push_back(
      {"warm_up_measured",
       fmt::format("the first requests of a block are slower ({} at {})",
                   label_of(in.scenario, arm), point.id),
       fmt::format("the first tenth of a block takes {} to the first token, the rest {} ({}× [{}, "
                   "{}])",
                   ms(stats::mean_finite(p.early)), ms(stats::mean_finite(p.late)),
                   number(*cold.value), number(*cold.lo), cold.hi ? number(*cold.hi) : "-"),
       "something still warms up (graphs, caches, kernels chosen at first use) or all streams "
       "start "
       "at once: raise warmup_requests of the point",
       false});
}

}  // namespace

void explain_load(const Inputs& in, Explanations& out) {
  for (const LoadPoint& point : in.scenario.points) {
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      const std::size_t before = out.size();
      if (point.arrival != Arrival::closed) explain_growth(in, point, arm, out);
      if (out.size() == before) explain_cold_start(in, point, arm, out);
    }
  }
}

void explain_batch_cap(const Inputs& in, Explanations& out) {
  std::size_t streams = 0;
  for (const LoadPoint& p : in.scenario.points) {
    if (p.arrival == Arrival::closed) streams = std::max(streams, p.concurrency);
  }
  const auto capped = [&](const stats::ServerDelta& s) {
    return s.running_max && s.waiting_max && *s.waiting_max >= 1 &&
           *s.running_max < kCapped * static_cast<double>(streams);
  };
  const stats::ServerDelta &base = in.m.server[0], &cand = in.m.server[1];
  if (!base.running_max || !cand.running_max || capped(base) == capped(cand)) return;
  const Arm who = capped(base) ? Arm::baseline : Arm::candidate;
  const stats::ServerDelta& s = in.m.server[index_of(who)];
  out.push_back(
      {"batch_cap", "one side runs fewer requests together than the other",
       fmt::format(
           "{} never ran more than {} of {} streams at once while up to {} waited; the other "
           "ran {}",
           label_of(in.scenario, who), number(*s.running_max), count(streams),
           number(*s.waiting_max),
           number(who == Arm::baseline ? *cand.running_max : *base.running_max)),
       "compare max_num_seqs, max_num_batched_tokens and the KV pool of both servers: their "
       "defaults "
       "depend on the card",
       true});
}

void explain_definitions(const Inputs& in, Explanations& out) {
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    const auto& server = in.m.server[index_of(arm)].itl_mean;
    stats::Moments requests;
    double time = 0, gaps = 0;
    for (const stats::BlockArm* b : blocks_of(in.m, "", arm)) {
      for (const stats::RequestMetrics& r : b->requests) {
        if (!r.success || !std::isfinite(r.tpot) || !(r.output_tokens > 1)) continue;
        requests.add(r.tpot);
        time += r.tpot * (r.output_tokens - 1);
        gaps += r.output_tokens - 1;
      }
    }
    if (!server || !(*server > 0) || !(gaps > 0)) continue;
    const double tokens = time / gaps;
    if (std::fabs(tokens / *server - 1) <= kDefinitionGap) continue;
    out.push_back(
        {"definitions",
         fmt::format("server and client disagree on the time per token ({})",
                     label_of(in.scenario, arm)),
         fmt::format(
             "the server counts {} between tokens, the client sees {} weighted by tokens and "
             "{} weighted by requests",
             ms(*server), ms(tokens), ms(requests.mean())),
         "other requests on the server, warm-up, or a network that holds tokens back; never "
         "compare "
         "one side's counter with the other side's measurement",
         false});
  }
}

void explain_refusals(const Inputs& in, Explanations& out) {
  std::size_t refused[2] = {0, 0};
  for (const stats::BlockArm& b : in.m.blocks) {
    if (b.kind != CellKind::load || b.arm == Arm::control) continue;
    for (const auto& [what, n] : b.failures) {
      if (what.starts_with("http_error 400") || what.starts_with("http_error 413"))
        refused[index_of(b.arm)] += n;
    }
  }
  if ((refused[0] > 0) == (refused[1] > 0)) return;
  const Arm who = refused[0] > 0 ? Arm::baseline : Arm::candidate;
  out.push_back(
      {"refused_prompts", "one side refuses requests that the other answers",
       fmt::format("{} refused {} (status 400 or 413), the other none: means are over "
                   "different requests",
                   label_of(in.scenario, who), counted(refused[index_of(who)], "request")),
       "serve both with the same max_model_len and limits", true});
}

void explain_hardware(const Inputs& in, Explanations& out) {
  const stats::MemoryUse &base = in.m.memory[0], &cand = in.m.memory[1];
  const auto model = [](const stats::MemoryUse& use) {
    return use.gpu.substr(0, use.gpu.find(" ("));
  };
  const bool named =
      base.gpu.find(" (") != std::string::npos && cand.gpu.find(" (") != std::string::npos;
  if (!named || model(base) == model(cand)) return;
  out.push_back({"unequal_hardware", "the arms run on different cards",
                 fmt::format("{} on {}, {} on {}", label_of(in.scenario, Arm::baseline), base.gpu,
                             label_of(in.scenario, Arm::candidate), cand.gpu),
                 "use two equal cards, or one after the other on the same card", true});
}

}  // namespace abgate::decision
