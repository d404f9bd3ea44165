#include "decision/preview_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "decision/algebra.hpp"
#include "decision/diagnosis.hpp"
#include "decision/result.hpp"
#include "decision/words.hpp"
#include "stats/clustered.hpp"
#include "stats/distributions.hpp"
#include "stats/planner.hpp"

namespace abgate::decision {
namespace {

bool binary_score(const Scenario& scenario, const Criterion& c) {
  const bool zero_one = c.metric.starts_with("quality.em_") || c.metric == "quality.pass1" ||
                        c.metric == "quality.syntax_valid";
  return zero_one && scenario.quality.repeats == 1;
}

void preview_quality_ratio(const Scenario& scenario, const Criterion& c, const PriorNoise& noise,
                           CriterionPreview& out) {
  const double margin = c.value;
  const auto effective =
      static_cast<std::size_t>(static_cast<double>(out.n) / std::max(1.0, noise.design_effect));
  if (binary_score(scenario, c)) {
    const std::size_t least = stats::fewest_pairs_to_pass(margin, c.alpha);
    if (effective < least) {
      return refuse(out,
                    fmt::format("{} items: even with no answer lost, {} answered right by both are "
                                "needed for a margin of {}",
                                count(out.n), count(least), percent(1 - margin)),
                    fmt::format("use at least {} items; 500 is a sound number", count(least)));
    }
    const auto loss = stats::largest_loss(effective, noise.quality_baseline, noise.discordance,
                                          margin, c.alpha, kPreviewPower);
    if (!loss) {
      out.sentence = fmt::format(
          "{}: with {} items not even an equal model passes in 9 of 10 runs (baseline {}, {} of "
          "answers differing)",
          title_of(c), count(out.n), percent(noise.quality_baseline), percent(noise.discordance));
      const stats::PairedTruth equal{noise.quality_baseline, 1.0, noise.discordance};
      if (const auto need = stats::tang_pairs_needed(equal, margin, c.alpha, kPreviewPower))
        out.remedy = fmt::format("about {} items would do for an equal model", count(*need));
      return;
    }
    out.needed = 1 - *loss;
    out.sentence =
        fmt::format("{}: the true relative loss must be at most {} to pass in 9 of 10 runs",
                    title_of(c), percent(*loss));
    return;
  }
  const double half =
      (stats::normal_quantile(1 - c.alpha) + stats::normal_quantile(kPreviewPower)) *
      noise.score_sd / std::sqrt(static_cast<double>(std::max<std::size_t>(1, effective)));
  out.needed = margin + half / noise.quality_baseline;
  out.sentence = fmt::format("{}: the true ratio must be at least {} to pass in 9 of 10 runs",
                             title_of(c), number(*out.needed));
  if (*out.needed > 1) out.remedy = "more items: not even an equal model passes in 9 of 10 runs";
}

}  // namespace

void preview_memory(const Scenario& scenario, const Criterion& c, CriterionPreview& out) {
  const ArmConfig& arm = scenario.candidate;
  out.n_unit = "samples";
  if (c.metric == "gpu_memory_used" && arm.gpu.kind == GpuSource::Kind::none) {
    return refuse(out, "the candidate has no gpu source: its memory is never read",
                  "give an nvidia-smi command or a DCGM URL");
  }
  if (c.metric == "gpu_memory_demand") {
    if (!arm.facts.weights_gb)
      return refuse(out, "facts.weights_gb of the candidate is not declared",
                    "declare what the server's log says at loading");
    if (c.form == Form::candidate && !acceptable(c.op, *arm.facts.weights_gb, c.value)) {
      return refuse(out,
                    fmt::format("the weights alone take {}, required {}",
                                quantity(*arm.facts.weights_gb, "GB"), required(c)),
                    "use a smaller model or fewer bits");
    }
    return;
  }
  const auto &u = arm.facts.gpu_memory_utilization, &total = arm.facts.gpu_total_gb;
  if (!u || !total || c.form != Form::candidate) return;
  const double taken = *u * *total;
  const double fit = utilisation_below(c.value, *total);
  const std::string remedy = fit > 0 ? fmt::format(
                                           "start the candidate with --gpu-memory-utilization "
                                           "{:.2f}, or judge gpu_memory_demand",
                                           fit)
                                     : "use --kv-cache-memory-bytes, or judge gpu_memory_demand";
  if (!acceptable(c.op, taken, c.value)) {
    return refuse(out,
                  fmt::format("vLLM takes {:.2f} × {} = {} ({}) for any model, required {} ({})",
                              *u, quantity(*total, "GB"), quantity(taken, "GB"), gib(taken),
                              required(c), gib(c.value)),
                  remedy);
  }
  out.sentence =
      fmt::format("vLLM takes {:.2f} × {} = {} before graphs and context (up to {} more)", *u,
                  quantity(*total, "GB"), quantity(taken, "GB"), quantity(kGraphsGb, "GB"));
  if (!acceptable(c.op, taken + kGraphsGb, c.value)) out.remedy = remedy;
}

void preview_quality(const Scenario& scenario, const Criterion& c, const Supply& s,
                     const PriorNoise& noise, CriterionPreview& out) {
  out.n = s.items;
  out.n_unit = "items";
  if (s.items == 0) return refuse(out, "no quality pass is planned", "name a suite under quality");
  if (s.items < c.min_n)
    return refuse(out, fmt::format("{} items planned, min_n is {}", count(s.items), count(c.min_n)),
                  "use more items");
  if (s.items < stats::kMinClusters) {
    return refuse(
        out,
        fmt::format("{} items cannot come from the {} independent sources that are wanted",
                    count(s.items), stats::kMinClusters),
        "use more items");
  }
  if (c.form == Form::ratio && !upper_limit(c.op) && c.value < 1)
    preview_quality_ratio(scenario, c, noise, out);
}

}  // namespace abgate::decision
