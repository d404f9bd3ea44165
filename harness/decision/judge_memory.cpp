// GPU memory: the peak is a fact where no reading is missing.

#include <fmt/format.h>

#include "decision/algebra.hpp"
#include "decision/result.hpp"
#include "decision/words.hpp"

namespace abgate::decision {
namespace {

std::optional<double> figure(const stats::MemoryUse& use, const std::string& metric) {
  return metric == "gpu_memory_demand" ? use.demand_gb : use.used_peak_gb;
}

std::optional<double> compared(const Criterion& c, std::optional<double> candidate,
                               std::optional<double> baseline) {
  if (!candidate || c.form == Form::candidate) return candidate;
  if (!baseline || (c.form == Form::ratio && *baseline <= 0)) return std::nullopt;
  return c.form == Form::ratio ? *candidate / *baseline : *candidate - *baseline;
}

std::string with_gib(double gb) {
  return fmt::format("{} ({})", quantity(gb, "GB"), gib(gb));
}

void note_figures(const stats::MemoryUse& use, const Criterion& c, CriterionResult& out) {
  if (out.candidate) {
    out.notes.push_back(
        fmt::format("candidate {}{}", with_gib(*out.candidate),
                    use.total_gb ? fmt::format(" of {}", with_gib(*use.total_gb)) : ""));
  }
  if (c.form == Form::candidate) out.notes.push_back("threshold " + with_gib(c.value));
  if (c.metric == "gpu_memory_used" && use.demand_gb) {
    out.notes.push_back(fmt::format("demand (weights, activations and the KV cache in use): {}",
                                    with_gib(*use.demand_gb)));
  }
}

/// What keeps the peak from being known; empty: nothing.
std::vector<std::string> holes(const Inputs& in, const stats::MemoryUse& use, const Criterion& c) {
  std::vector<std::string> out;
  if (c.metric != "gpu_memory_used") return out;
  const double allowed = to_seconds(in.scenario.candidate.gpu.max_gap);
  if (use.longest_gap_s > allowed) {
    out.push_back(fmt::format("a gap of {} between memory readings, at most {} is allowed",
                              quantity(use.longest_gap_s, "s"), quantity(allowed, "s")));
  }
  if (use.samples < std::max<std::size_t>(2, c.min_n)) {
    out.push_back(fmt::format("{}, want at least {}", counted(use.samples, "memory reading"),
                              std::max<std::size_t>(2, c.min_n)));
  }
  return out;
}

}  // namespace

void judge_memory(const Inputs& in, CriterionResult& out) {
  const Criterion& c = out.criterion;
  const stats::MemoryUse& use = in.m.memory[index_of(Arm::candidate)];
  const stats::MemoryUse& base = in.m.memory[index_of(Arm::baseline)];
  out.n = use.samples;
  out.n_unit = "samples";
  out.candidate = figure(use, c.metric);
  out.baseline = figure(base, c.metric);
  out.measured = compared(c, out.candidate, out.baseline);
  if (!out.measured) {
    const std::string& why = out.candidate ? base.why : use.why;
    return leave_open(out, "missing", why.empty() ? "no memory reading" : why,
                      "give the arm a gpu source (nvidia-smi command or DCGM URL) and run again");
  }
  note_figures(use, c, out);
  const bool good = acceptable(c.op, *out.measured, c.value);
  out.result = good ? Result::pass : Result::fail;
  out.code = good ? "observed" : "observed_violation";
  out.reason = fmt::format("peak {} over {}, required {}", shown(c, *out.measured),
                           counted(use.samples, "reading"), required(c));
  if (good) {
    out.p_value = 0;
    out.bound = out.measured;
  }
  out.other_bound = out.measured;
  apply_missing(out, holes(in, use, c),
                "sample the GPU without gaps through the whole run and run again");
}

}  // namespace abgate::decision
