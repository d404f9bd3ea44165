// Were the two deployments and the two workloads the same but for the quantisation?

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>
#include <tuple>

#include "decision/diagnosis.hpp"
#include "decision/result.hpp"
#include "decision/words.hpp"
#include "stats/moments.hpp"

namespace abgate::decision {
namespace {

struct Flag {
  std::string_view key;
  std::string_view effect;
};
/// Settings that change speed or memory by themselves.
constexpr std::array kFlags{
    Flag{"enforce_eager", "eager mode costs 2 to 10 ms a step"},
    Flag{"speculative_config", "speculative decoding emits several tokens a step"},
    Flag{"num_speculative_tokens", "speculative decoding emits several tokens a step"},
    Flag{"cache_dtype", "an 8-bit KV cache halves KV traffic and doubles the pool"},
    Flag{"kv_cache_dtype", "an 8-bit KV cache halves KV traffic and doubles the pool"},
    Flag{"max_num_seqs", "it caps how many requests run together"},
    Flag{"max_num_batched_tokens", "it sets how much prefill a step takes"},
    Flag{"max_model_len", "longer prompts are refused on one side only"},
    Flag{"enable_prefix_caching", "one side may reuse prompts, the other not"},
    Flag{"dtype", "another number format beside the quantisation"},
    Flag{"tensor_parallel_size", "another number of GPUs"},
    Flag{"async_scheduling", "scheduling overlaps with the step on one side"},
    Flag{"block_size", "another KV block size"},
};

std::map<std::string, std::string> facts_of(const Inputs& in, Arm arm) {
  std::map<std::string, std::string> out;
  for (const ServerFacts& f : in.m.facts) {
    if (f.arm != arm) continue;
    out.insert(f.other.begin(), f.other.end());
    if (f.max_model_len) out.emplace("max_model_len", std::to_string(*f.max_model_len));
    if (!f.version.empty()) out.emplace("version", f.version);
  }
  for (const auto& [key, value] : in.scenario.arm(arm).facts.other) out[key] = value;
  return out;
}

const std::string* find(const std::map<std::string, std::string>& map, std::string_view key) {
  const auto it = map.find(std::string(key));
  return it == map.end() ? nullptr : &it->second;
}

double mean_over(const Inputs& in, Arm arm, double (*value)(const stats::RequestMetrics&)) {
  stats::Moments sum;
  for (const stats::BlockArm* b : blocks_of(in.m, "", arm)) {
    for (const stats::RequestMetrics& r : b->requests) {
      if (r.success && std::isfinite(value(r))) sum.add(value(r));
    }
  }
  return sum.n() == 0 ? stats::kUndefined : sum.mean();
}

/// Candidate's end-to-end time over the baseline's, Σ/Σ over requests that both arms answered, at
/// the lengths that they chose and over the pairs whose lengths differ by at most 10 %. Empty where
/// the lengths of the load are equal anyway or no pair tells.
std::string times_by_length(const Inputs& in) {
  using Key = std::tuple<std::string_view, std::uint32_t, std::uint32_t>;
  std::map<Key, const stats::RequestMetrics*> baseline;
  const auto each = [&](Arm arm, const auto& visit) {
    for (const stats::BlockArm& block : in.m.blocks) {
      if (block.kind != CellKind::load || block.arm != arm) continue;
      for (const stats::RequestMetrics& r : block.requests) {
        if (r.success && r.e2e > 0 && r.output_tokens > 0)
          visit(Key{block.point, block.block, r.index}, r);
      }
    }
  };
  each(Arm::baseline, [&](const Key& key, const auto& r) { baseline[key] = &r; });
  struct Total {
    double base = 0, cand = 0;
    std::size_t n = 0;
  } natural, matched;
  each(Arm::candidate, [&](const Key& key, const auto& r) {
    const auto found = baseline.find(key);
    if (found == baseline.end()) return;
    const stats::RequestMetrics& b = *found->second;
    const auto add = [&](Total& t) {
      t.base += b.e2e;
      t.cand += r.e2e;
      ++t.n;
    };
    add(natural);
    if (std::fabs(std::log(r.output_tokens / b.output_tokens)) <= std::log(1.1)) add(matched);
  });
  if (natural.n == 0 || matched.n == natural.n) return {};
  const std::string at_natural =
      fmt::format("; end to end the candidate takes {}× the time at natural lengths",
                  number(natural.cand / natural.base));
  if (matched.n == 0)
    return at_natural + ", and no pair of answers is of equal length (within 10 %)";
  return at_natural + fmt::format(" and {}× over the {} of {} pairs of equal length (within 10 %)",
                                  number(matched.cand / matched.base), matched.n, natural.n);
}

double tokens_per_chunk(const stats::RequestMetrics& r) {
  return r.chunks > 0 ? r.output_tokens / r.chunks : stats::kUndefined;
}

}  // namespace

void explain_facts(const Inputs& in, Explanations& out) {
  const auto base = facts_of(in, Arm::baseline), cand = facts_of(in, Arm::candidate);
  std::vector<std::string> differences;
  for (const Flag& flag : kFlags) {
    const std::string *b = find(base, flag.key), *c = find(cand, flag.key);
    if (b == nullptr || c == nullptr || *b == *c) continue;
    differences.push_back(fmt::format("{} is {} on the baseline and {} on the candidate ({})",
                                      flag.key, *b, *c, flag.effect));
  }
  const std::string *vb = find(base, "version"), *vc = find(cand, "version");
  if (vb != nullptr && vc != nullptr && *vb != *vc)
    differences.push_back(fmt::format("server version is {} and {}", *vb, *vc));
  if (differences.empty()) return;
  out.push_back(
      {"unequal_deployments", "the deployments differ in more than the quantisation",
       list(differences),
       "set them alike on both sides, or state that the comparison is of whole deployments", true});
}

void explain_cache(const Inputs& in, Explanations& out) {
  const auto &base = in.m.server[0].prefix_hit_rate, &cand = in.m.server[1].prefix_hit_rate;
  if (!base || !cand) return;
  const double limit = in.scenario.validity.max_cache_hit_difference;
  const std::string rates =
      fmt::format("prefix cache hits: baseline {}, candidate {}", percent(*base), percent(*cand));
  const bool cold = in.scenario.workload.cache == CachePolicy::cold;
  if (std::fabs(*base - *cand) > limit) {
    const auto &pb = in.m.server[0].kv_pool_tokens, &pc = in.m.server[1].kv_pool_tokens;
    const std::string pools =
        pb && pc ? fmt::format("; KV pools hold {} and {} tokens", number(*pb), number(*pc)) : "";
    out.push_back({"cache_asymmetry", "one side found more of the prompts in its prefix cache",
                   rates + pools,
                   cold ? "restart both servers or salt by prompt_prefix"
                        : "a larger KV pool keeps more prefixes: attribute the difference in TTFT "
                          "to it, or use cache: cold",
                   true});
  } else if (cold && std::max(*base, *cand) > limit) {
    out.push_back({"cache_not_cold", "the cache was declared cold but prompts were found in it",
                   rates, "the server may ignore cache_salt: salt by prompt_prefix", true});
  }
}

void explain_lengths(const Inputs& in, Explanations& out) {
  const auto length = [](const stats::RequestMetrics& r) { return r.output_tokens; };
  const double base = mean_over(in, Arm::baseline, length),
               cand = mean_over(in, Arm::candidate, length);
  if (!(base > 0) || !(cand > 0)) return;
  for (const stats::LengthDrift& d : in.comparison.lengths) {
    if (!d.ratio.value || !d.ratio.lo || !d.ratio.hi || (*d.ratio.lo <= 1 && *d.ratio.hi >= 1))
      continue;
    if (std::fabs(*d.ratio.value - 1) < 0.02) continue;
    out.push_back({"length_drift", "the arms answer at different lengths",
                   fmt::format("at {} the candidate's answers are {}× as long [{}, {}]; means over "
                               "all points {} and {} tokens",
                               d.point, number(*d.ratio.value), number(*d.ratio.lo),
                               number(*d.ratio.hi), number(cand), number(base)) +
                       times_by_length(in),
                   "end-to-end times and requests per second compare different work; TPOT does "
                   "not. Judge speed with ignore_eos and equal lengths",
                   true});
    return;
  }
  if (!in.comparison.lengths.empty() || std::fabs(cand / base - 1) < 0.05) return;
  out.push_back({"length_drift", "the arms answer at different lengths",
                 fmt::format("mean answers of {} tokens (candidate) and {} (baseline)",
                             number(cand), number(base)) +
                     times_by_length(in),
                 "end-to-end times and requests per second compare different work; TPOT does not. "
                 "Judge speed with ignore_eos and equal lengths",
                 true});
}

void explain_chunks(const Inputs& in, Explanations& out) {
  const double base = mean_over(in, Arm::baseline, tokens_per_chunk),
               cand = mean_over(in, Arm::candidate, tokens_per_chunk);
  const bool merged = base > 1.1 || cand > 1.1;
  if (!merged) return;
  const bool one_sided = std::isfinite(base) && std::isfinite(cand) && std::fabs(base - cand) > 0.3;
  out.push_back(
      {"merged_chunks", "stream chunks are not tokens",
       fmt::format("{} tokens a chunk on the baseline, {} on the candidate", number(base),
                   number(cand)),
       one_sided
           ? "speculative decoding or a stream interval on one side: set it alike, and never read "
             "gaps between chunks as token times"
           : "tokens are counted by the server's usage; gaps between chunks are not token times",
       one_sided});
}

void explain_quality(const Inputs&, std::span<const CriterionResult> results, Explanations& out) {
  for (const CriterionResult& r : results) {
    const Criterion& c = r.criterion;
    if (!c.metric.starts_with("quality.") || c.form != Form::ratio || c.value >= 1 || !r.baseline ||
        !r.candidate)
      continue;
    out.push_back(
        {"relative_or_points",
         fmt::format("{}: the margin is relative to the baseline", title_of(c)),
         fmt::format("{} of the baseline's {} is {:.2f} points; measured {} (candidate {})",
                     percent(1 - c.value), percent(*r.baseline), 100 * (1 - c.value) * *r.baseline,
                     points(*r.candidate - *r.baseline), percent(*r.candidate)),
         "to judge in points instead, use form: difference", false});
  }
}

}  // namespace abgate::decision
