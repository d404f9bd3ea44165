// Why a stream is slow, a first token late, or the candidate ahead only at some loads.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "decision/diagnosis.hpp"
#include "decision/words.hpp"
#include "stats/moments.hpp"
#include "stats/series.hpp"

namespace abgate::decision {
namespace {

/// Decoding alone reads the weights once per token, so TPOT follows their size; beyond this factor
/// over that expectation the kernel, not the size, sets the pace (marlin kernels: up to 1.3 seen).
constexpr double kSlowKernel = 2.0;
/// Largest concurrency at which decoding is still bound by memory bandwidth on every card known.
constexpr std::size_t kLowConcurrency = 32;
/// Queue share of TTFT from which queueing is its main part.
constexpr double kQueueShare = 0.5;
/// Client figures from which the client is worth a word, below the limits that void.
constexpr double kBusyClient = 0.7;
constexpr double kLagShare = 0.02;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// What is known of how the candidate is quantised: declared, then the server's labels, then names.
std::string quantisation(const Inputs& in, Arm arm) {
  const ArmConfig& a = in.scenario.arm(arm);
  if (!a.facts.quantization.empty()) return lower(a.facts.quantization);
  for (const ServerFacts& f : in.m.facts) {
    if (f.arm != arm) continue;
    const auto it = f.other.find("quantization");
    if (it != f.other.end()) return lower(it->second);
  }
  return {};
}

bool awq_by_name(const Inputs& in) {
  std::string names =
      lower(fmt::format("{} {}", in.scenario.candidate.model, in.scenario.candidate.label));
  for (const ServerFacts& f : in.m.facts) {
    if (f.arm == Arm::candidate) names += lower(fmt::format(" {} {}", f.model, f.model_root));
  }
  return contains(names, "awq");
}

/// Mean TPOT of both arms at the closed point of lowest concurrency, at most kLowConcurrency.
struct LowLoad {
  std::string point;
  double baseline = stats::kUndefined, candidate = stats::kUndefined;
};

std::optional<LowLoad> low_load(const Inputs& in) {
  const LoadPoint* best = nullptr;
  for (const LoadPoint& p : in.scenario.points) {
    if (p.arrival != Arrival::closed || p.concurrency > kLowConcurrency) continue;
    if (best == nullptr || p.concurrency < best->concurrency) best = &p;
  }
  if (best == nullptr) return std::nullopt;
  const stats::BlockSeries s = stats::block_series(in.m, "tpot", "mean", best->id);
  const LowLoad out{best->id, stats::mean_finite(s.baseline), stats::mean_finite(s.candidate)};
  return out.baseline > 0 && out.candidate > 0 ? std::optional(out) : std::nullopt;
}

std::optional<double> weights(const Inputs& in, Arm arm) {
  const auto& measured = in.m.memory[index_of(arm)].weights_gb;
  return measured ? measured : in.scenario.arm(arm).facts.weights_gb;
}

std::string ms(double seconds) {
  return quantity(1000 * seconds, "ms");
}

/// "TPOT 131 ms, where 13 ms is expected from the weights (18 against 62 GB)"; empty: not slow.
std::string slow_evidence(const Inputs& in, const LowLoad& low) {
  const auto wb = weights(in, Arm::baseline), wc = weights(in, Arm::candidate);
  if (wb && wc && *wb > 0) {
    const double expected = low.baseline * *wc / *wb;
    if (low.candidate < kSlowKernel * expected) return {};
    return fmt::format(
        "at {} the candidate takes {} per token where its weights ({} against {}) let expect about "
        "{} ({} for the baseline)",
        low.point, ms(low.candidate), quantity(*wc, "GB"), quantity(*wb, "GB"), ms(expected),
        ms(low.baseline));
  }
  if (low.candidate < 1.1 * low.baseline) return {};
  return fmt::format(
      "at {} the candidate takes {} per token, the baseline {}: fewer bits per weight should be "
      "faster at so few streams",
      low.point, ms(low.candidate), ms(low.baseline));
}

}  // namespace

void explain_kernel(const Inputs& in, Explanations& out) {
  const std::string q = quantisation(in, Arm::candidate);
  const bool plain = q == "awq";
  const bool may_be_awq = plain || (q.empty() && awq_by_name(in));
  const auto low = low_load(in);
  const std::string slow = low ? slow_evidence(in, *low) : "";
  const bool four_bit = may_be_awq || contains(q, "awq") || contains(q, "gptq") ||
                        contains(q, "int4") || contains(q, "int8") || contains(q, "fp8");
  if (plain || (may_be_awq && !slow.empty())) {
    std::string evidence =
        plain ? "the candidate is served with --quantization awq, which forces the plain AWQ kernel"
              : "the candidate is an AWQ model";
    if (!slow.empty()) evidence += "; " + slow;
    out.push_back({"plain_awq_kernel",
                   "the plain awq kernel is in use where awq_marlin is possible", evidence,
                   "leave out --quantization awq (vLLM then picks awq_marlin) or ask for "
                   "awq_marlin; check the server's log for 'Falling back "
                   "to unoptimized AWQ kernels'",
                   !slow.empty()});
  } else if (four_bit && !slow.empty()) {
    out.push_back({"slow_kernel", "the candidate is slower than its weights explain", slow,
                   "look in the server's log for the kernel chosen, eager mode or a fallback",
                   true});
  }
}

void explain_queueing(const Inputs& in, Explanations& out) {
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    const stats::ServerDelta& s = in.m.server[index_of(arm)];
    if (!s.queue_mean || !s.ttft_mean || *s.ttft_mean < 0.05 ||
        *s.queue_mean < kQueueShare * *s.ttft_mean)
      continue;
    out.push_back(
        {"queueing",
         fmt::format("time to first token is mostly waiting ({})", label_of(in.scenario, arm)),
         fmt::format("of {} to the first token (server's own mean) {} are spent in the queue ({})",
                     ms(*s.ttft_mean), ms(*s.queue_mean), percent(*s.queue_mean / *s.ttft_mean)),
         "prefill is not the cause: spread bursts, lower the concurrency, or raise max_num_seqs "
         "and the token budget on both arms",
         false});
  }
}

void explain_preemption(const Inputs& in, Explanations& out) {
  const auto &base = in.m.server[0].preemptions, &cand = in.m.server[1].preemptions;
  if (!base || !cand || (*base > 0) == (*cand > 0)) return;
  const Arm who = *base > 0 ? Arm::baseline : Arm::candidate;
  const auto& pool = in.m.server[index_of(who)].kv_pool_tokens;
  out.push_back(
      {"preemption", "one side ran out of KV cache, the other did not",
       fmt::format("{} preempted requests {} times{}, the other never", label_of(in.scenario, who),
                   number(*base > 0 ? *base : *cand),
                   pool ? fmt::format(" (KV pool {} tokens)", number(*pool)) : ""),
       who == Arm::baseline
           ? "part of the gain is memory, not speed: a real gain at this load, none at a lower one"
           : "give the candidate more KV cache or fewer streams",
       who == Arm::candidate});
}

void explain_client(const Inputs& in, Explanations& out) {
  double cpu = 0;
  Duration lag{0};
  for (const stats::BlockArm& b : in.m.blocks) {
    cpu = std::max(cpu, b.health.client_cpu);
    lag = std::max(lag, b.health.loop_lag_p99);
  }
  const auto low = low_load(in);
  const double gap = low ? std::min(low->baseline, low->candidate) : 0;
  const bool laggy = gap > 0 && to_seconds(lag) > kLagShare * gap;
  if (cpu < kBusyClient && !laggy) return;
  out.push_back(
      {"client_bound", "the client is close to its own limits",
       fmt::format("it used up to {} of a core; its stamps lag up to {} (p99){}", percent(cpu),
                   ms(to_seconds(lag)),
                   gap > 0 ? fmt::format(" where a token takes {}", ms(gap)) : ""),
       "means and medians stand; read tail gaps with care, or use a quieter client machine",
       false});
}

void explain_thermal(const Inputs& in, Explanations& out) {
  const bool base = in.m.memory[0].throttled, cand = in.m.memory[1].throttled;
  if (!base && !cand) return;
  const std::string who =
      base && cand ? "both arms" : label_of(in.scenario, base ? Arm::baseline : Arm::candidate);
  out.push_back({"throttling", "a GPU throttled during the run",
                 fmt::format("clocks of {} were held down by power or temperature", who),
                 "compare at equal power limits; cool down between blocks or interleave them",
                 base != cand});
}

}  // namespace abgate::decision
