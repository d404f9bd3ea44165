// Memory: vLLM takes a share of the card for any model, so the peak says nothing about the model.

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "decision/algebra.hpp"
#include "decision/diagnosis.hpp"
#include "decision/result.hpp"
#include "decision/words.hpp"

namespace abgate::decision {
namespace {

/// The peak counts as preallocated from this far below utilisation × total (a share of the card)…
constexpr double kBelow = 0.02;
/// …to this far above it: graphs, context, a display.
constexpr double kAbove = 0.05;

std::optional<double> parsed(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

/// Declared in the scenario, else in the server's own labels.
std::optional<double> utilisation_of(const Inputs& in, Arm arm) {
  if (const auto& declared = in.scenario.arm(arm).facts.gpu_memory_utilization) return declared;
  for (const ServerFacts& f : in.m.facts) {
    if (f.arm != arm) continue;
    const auto it = f.other.find("gpu_memory_utilization");
    if (it != f.other.end()) return parsed(it->second);
  }
  return std::nullopt;
}

std::optional<double> total_of(const Inputs& in, Arm arm) {
  const auto& measured = in.m.memory[index_of(arm)].total_gb;
  return measured ? measured : in.scenario.arm(arm).facts.gpu_total_gb;
}

struct Side {
  std::optional<double> used, total, utilisation;
  bool preallocated = false;
};

Side side_of(const Inputs& in, Arm arm) {
  Side s{in.m.memory[index_of(arm)].used_peak_gb, total_of(in, arm), utilisation_of(in, arm)};
  if (s.used && s.total && s.utilisation && *s.total > 0) {
    const double off = *s.used / *s.total - *s.utilisation;
    s.preallocated = off >= -kBelow && off <= kAbove;
  }
  return s;
}

const CriterionResult* memory_result(std::span<const CriterionResult> results) {
  for (const CriterionResult& r : results) {
    if (r.criterion.metric == "gpu_memory_used" && r.criterion.form == Form::candidate) return &r;
  }
  return nullptr;
}

std::string side_text(const Inputs& in, Arm arm, const Side& s) {
  if (!s.used || !s.total) return {};
  std::string out =
      fmt::format("{} used {} of {} ({})", label_of(in.scenario, arm), quantity(*s.used, "GB"),
                  quantity(*s.total, "GB"), percent(*s.used / *s.total));
  if (s.utilisation) {
    out += fmt::format(" at utilisation {:.2f} ({:.2f} × {} = {})", *s.utilisation, *s.utilisation,
                       quantity(*s.total, "GB"), quantity(*s.utilisation * *s.total, "GB"));
  }
  return out;
}

std::string demand_text(const Inputs& in) {
  const stats::MemoryUse& use = in.m.memory[index_of(Arm::candidate)];
  if (!use.demand_gb) return {};
  std::string out = fmt::format("; what the candidate needs is {}", quantity(*use.demand_gb, "GB"));
  if (use.weights_gb) out += fmt::format(" (weights {})", quantity(*use.weights_gb, "GB"));
  return out;
}

std::string advice_for(const CriterionResult* r, const Side& s) {
  if (r == nullptr)
    return "read the demand beside the peak; the peak follows the flag, not the model";
  const double fit = utilisation_below(r->criterion.value, *s.total);
  if (fit <= 0)
    return fmt::format(
        "no utilisation of this card gives {}: use --kv-cache-memory-bytes or a smaller card",
        required(r->criterion));
  return fmt::format(
      "start the candidate with --gpu-memory-utilization {:.2f} (about {} at most) and judge speed "
      "and "
      "latency at that setting; or put the criterion on gpu_memory_demand",
      fit, quantity(fit * *s.total + kGraphsGb, "GB"));
}

}  // namespace

double utilisation_below(double limit_gb, double total_gb) {
  for (int hundredths = 99; hundredths > 0; --hundredths) {
    const double u = hundredths / 100.0;
    if (u * total_gb + kGraphsGb < limit_gb) return u;
  }
  return 0;
}

void explain_memory(const Inputs& in, std::span<const CriterionResult> results, Explanations& out) {
  const Side cand = side_of(in, Arm::candidate), base = side_of(in, Arm::baseline);
  if (!cand.preallocated) return;
  const CriterionResult* r = memory_result(results);
  const bool hopeless =
      r != nullptr &&
      !acceptable(r->criterion.op, *cand.utilisation * *cand.total, r->criterion.value);
  std::string evidence = side_text(in, Arm::candidate, cand);
  if (const std::string other = side_text(in, Arm::baseline, base); !other.empty())
    evidence += "; " + other;
  evidence += demand_text(in);
  if (hopeless) {
    evidence += fmt::format(". At utilisation {:.2f} this criterion ({}) cannot pass for any model",
                            *cand.utilisation, required(r->criterion));
  }
  out.push_back({"preallocated_memory",
                 "the memory peak is vLLM's preallocation, not the model's need", evidence,
                 hopeless || r == nullptr
                     ? advice_for(r, cand)
                     : "read the demand beside the peak; the peak follows the flag, not the model",
                 hopeless});
}

}  // namespace abgate::decision
