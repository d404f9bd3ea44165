// Quality: paired items of the suite, what was lost of them, and what more of them would decide.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "decision/algebra.hpp"
#include "decision/quality_statements.hpp"
#include "decision/result.hpp"
#include "decision/words.hpp"
#include "stats/answer_floor.hpp"
#include "stats/clustered.hpp"
#include "stats/moments.hpp"
#include "stats/planner.hpp"

namespace abgate::decision {
namespace {

void note_loss(const stats::QualitySeries& s, const Criterion& c, CriterionResult& out) {
  const double base = *out.baseline, cand = *out.candidate;
  out.notes.push_back(fmt::format("candidate {}, baseline {}: {} ({} relative)", percent(cand),
                                  percent(base), points(cand - base),
                                  base > 0 ? percent(cand / base - 1) : "n/a"));
  if (c.form == Form::ratio && base > 0) {
    out.notes.push_back(fmt::format("the margin of {} relative is {:.2f} points at this baseline",
                                    percent(1 - c.value), 100 * base * (1 - c.value)));
  }
  if (s.binary) {
    out.notes.push_back(fmt::format("{} of {} answers changed sides: {} better, {} worse",
                                    number(s.counts.candidate_only + s.counts.baseline_only),
                                    count(s.baseline.size()), number(s.counts.candidate_only),
                                    number(s.counts.baseline_only)));
  }
  if (s.design_effect > 1.0)
    out.notes.push_back(fmt::format("design effect of {} clusters: {}", count(s.cluster_count),
                                    number(s.design_effect)));
  if (s.cluster_count < stats::kFewClusters) {
    out.notes.push_back(
        fmt::format("only {} independent sources: intervals over fewer than {} are optimistic",
                    count(s.cluster_count), stats::kFewClusters));
  }
}

/// Items until a PASS is expected (80 %) with the noise that was seen and a truth as measured.
std::string items_to_decide(const stats::QualitySeries& s, const CriterionResult& out) {
  const Criterion& c = out.criterion;
  if (!out.measured || !acceptable(c.op, *out.measured, c.value)) {
    return fmt::format(
        "the measured {} does not meet {}: improve the candidate, or add items to prove it",
        out.measured ? shown(c, *out.measured) : "value", required(c));
  }
  std::optional<std::size_t> need;
  const double base = *out.baseline;
  if (s.binary && c.form == Form::ratio) {
    const double n = s.counts.n();
    const stats::PairedTruth truth{base, *out.measured,
                                   std::max((s.counts.candidate_only + s.counts.baseline_only) / n,
                                            std::fabs(*out.candidate - base))};
    need = stats::tang_pairs_needed(truth, c.value, out.alpha_pass, 0.8);
  } else {
    std::vector<double> d(s.baseline.size());
    const double factor = c.form == Form::ratio ? c.value : 1.0;
    for (std::size_t i = 0; i < d.size(); ++i) d[i] = s.candidate[i] - factor * s.baseline[i];
    const stats::Moments moments = stats::moments(d);
    const double gap = c.form == Form::ratio ? moments.mean() : moments.mean() - c.value;
    need = stats::pairs_needed_continuous(moments.sd(), 0, std::fabs(gap), out.alpha_pass, 0.8);
  }
  if (!need)
    return "the measured value lies too close to the threshold for any affordable number of items";
  const double items = std::ceil(static_cast<double>(*need) * s.design_effect);
  const std::size_t extra = items > static_cast<double>(out.n)
                                ? static_cast<std::size_t>(items) - out.n
                                : std::max<std::size_t>(1, out.n / 10);
  return fmt::format("expected to decide: about {} more items ({} in all)", count(extra),
                     count(out.n + extra));
}

/// The smallest suite that can pass at all, when nothing was lost: the advice for a suite that is
/// too small.
std::string needs_at_least(const CriterionResult& out) {
  return fmt::format(
      "even without a single lost answer at least {} items answered right by both are needed",
      count(stats::fewest_pairs_to_pass(out.criterion.value, out.alpha_pass)));
}

void refuse_thin_evidence(const stats::QualitySeries& s, CriterionResult& out) {
  const Criterion& c = out.criterion;
  if (out.result != Result::pass) return;
  if (out.n < c.min_n) {
    leave_open(out, "too_few",
               fmt::format("{} items, want at least {}", count(out.n), count(c.min_n)),
               fmt::format("add {} items", count(c.min_n - out.n)));
  } else if (s.cluster_count < stats::kMinClusters) {
    leave_open(
        out, "too_few_clusters",
        fmt::format("{} independent sources, want at least {}", count(s.cluster_count),
                    stats::kMinClusters),
        fmt::format("add items from {} other sources", stats::kMinClusters - s.cluster_count));
  }
}

/// Dropped pairs: a PASS must hold with them at their worst; beyond the allowed share nothing is
/// decided.
void account_for_dropped(const Inputs& in, const stats::QualitySeries& s, Method method,
                         CriterionResult& out) {
  if (s.dropped == 0) return;
  const std::size_t all = s.baseline.size() + s.dropped;
  const double share = static_cast<double>(s.dropped) / static_cast<double>(all);
  const std::string lost = fmt::format("{} of {} pairs lost to unanswered requests ({})",
                                       count(s.dropped), count(all), percent(share));
  if (share > in.scenario.quality.max_failed_pairs) {
    return apply_missing(out,
                         {fmt::format("{}, at most {} are allowed", lost,
                                      percent(in.scenario.quality.max_failed_pairs))},
                         "remove the cause of the failed requests and run the quality pass again");
  }
  out.notes.push_back(lost);
  if (out.result != Result::pass) return;
  const QualityStatement worst = state_quality(at_worst(s, out.criterion.op), method, out);
  if (worst.pass && acceptable(out.criterion.op, *worst.pass, out.criterion.value)) {
    out.bound = worst.pass;
    return;
  }
  leave_open(out, "missing", lost + ": the bound does not hold if they were wrong",
             "run the quality pass again");
}

/// Level of the A/A statement on scores: as strict as that of the A/A blocks (noise.hpp).
constexpr double kAnswerLevel = 0.99;

/// The score's A/A analogue, where the baseline answered every item a second time.
std::optional<stats::AnswerFloor> answers_again(const Inputs& in, const std::string& score) {
  const bool asked = std::any_of(in.m.quality.begin(), in.m.quality.end(),
                                 [](const stats::QualityPair& p) { return !p.control.empty(); });
  if (!asked) return std::nullopt;
  for (stats::AnswerFloor& f : stats::answer_floor(in.m, kAnswerLevel)) {
    if (f.metric == score && f.floor_difference.lo && f.floor_difference.hi) return std::move(f);
  }
  return std::nullopt;
}

/// A comparison of scores must clear what the baseline differed from itself: its A/A difference
/// where that excludes 0, and for a margin smaller than what two equal servers may differ (half
/// width of the A/A difference) nothing is claimed within it.
void survive_answer_floor(const Inputs& in, const std::string& score, CriterionResult& out) {
  if (out.result == Result::inconclusive || out.criterion.form == Form::candidate) return;
  const auto again = answers_again(in, score);
  if (!again) return;
  const Criterion& c = out.criterion;
  const double scale = c.form == Form::ratio ? out.baseline.value_or(0) : 1;
  if (!(scale > 0)) return;
  const double lo = *again->floor_difference.lo / scale, hi = *again->floor_difference.hi / scale;
  const double shift = lo > 0 || hi < 0 ? std::max(std::fabs(lo), std::fabs(hi)) : 0;
  const double floor = (hi - lo) / 2;
  const bool pass = out.result == Result::pass;
  const auto& deciding = pass ? out.bound : out.other_bound;
  if (!deciding) return;
  const bool up = pass == upper_limit(c.op);
  const double moved = *deciding + (up ? shift : -shift);
  if (shift > 0 && acceptable(c.op, moved, c.value) != pass) {
    const std::string reason = out.reason;
    return leave_open(
        out, "within_noise",
        fmt::format("{}, but by no more than the baseline's second answers differed from its first "
                    "({} of the score, {} items)",
                    reason, percent(shift), count(again->n)),
        "find what makes the baseline's answers differ from its own, then run again");
  }
  const double equal = c.form == Form::ratio ? 1 : 0;
  const double effect = std::fabs(c.value - equal);
  if (effect < 1e-12 || effect >= floor || std::fabs(*deciding - equal) >= floor) return;
  leave_open(out, "below_noise_floor",
             fmt::format("the margin {} lies below the noise floor of the answers (±{} between the "
                         "baseline's own two passes), and so does the bound {}",
                         shown(c, c.value), percent(floor), shown(c, *deciding)),
             fmt::format("ask for a margin of at least {}, or add items", percent(floor)));
}

void judge_paired(const stats::QualitySeries& s, CriterionResult& out) {
  const Criterion& c = out.criterion;
  const QualityStatement st = state_quality(s, Method::quality_score, out);
  out.measured = st.value;
  out.p_value = st.p;
  out.method += s.binary ? (c.form == Form::ratio ? " (here: Tang's score test)"
                                                  : " (here: Tango's score test)")
                         : " (here: clustered t)";
  settle(out, st.pass, st.fail, st.fail, counted(out.n, "item"));
  if (out.result == Result::inconclusive) {
    out.next_step = items_to_decide(s, out);
    if (c.form == Form::ratio && s.binary && c.value < 1 && !upper_limit(c.op) &&
        out.n < stats::fewest_pairs_to_pass(c.value, out.alpha_pass)) {
      out.code = "too_few";
      out.notes.push_back(needs_at_least(out));
    }
  }
  note_loss(s, c, out);
}

void judge_level(const stats::QualitySeries& s, Method method, CriterionResult& out) {
  const QualityStatement st = state_quality(s, method, out);
  out.measured = st.value;
  settle(out, st.pass, st.fail, st.fail, counted(out.n, "item"));
  if (out.result == Result::inconclusive) out.next_step = "add items to the suite";
}

/// " (not measured: …)" from the notes of the scorers; empty if they say nothing of it.
std::string why_missing(const stats::Measurements& m, const Criterion& c) {
  std::string name = c.metric.substr(std::string_view("quality.").size());
  if (name == "pass_at_k") name = "pass1";  // made of it
  std::string out;
  for (const std::string& note : m.quality_notes) {
    const std::string start = name + ": not measured";
    if (note.starts_with(start))
      out += (out.empty() ? " (" : "; ") + note.substr(name.size() + 2);
  }
  return out.empty() ? out : out + ")";
}

}  // namespace

void judge_quality(const Inputs& in, Method method, CriterionResult& out) {
  const Criterion& c = out.criterion;
  out.n_unit = "items";
  const bool flips = method == Method::quality_flips;
  const std::string score = flips ? "em_ws" : c.metric.substr(std::string_view("quality.").size());
  const stats::QualitySeries s = scored_series(in.m, score);
  out.n = s.baseline.size();
  if (out.n == 0) {
    return leave_open(out, "missing",
                      fmt::format("no pair of answers with {}{}", c.metric, why_missing(in.m, c)),
                      "run the quality pass with a suite that has this score");
  }
  out.candidate = stats::mean_finite(s.candidate);
  out.baseline = stats::mean_finite(s.baseline);
  if (method == Method::quality_score) {
    judge_paired(s, out);
    survive_answer_floor(in, score, out);
  } else {
    judge_level(s, method, out);
  }
  refuse_thin_evidence(s, out);
  account_for_dropped(in, s, method, out);
}

}  // namespace abgate::decision
