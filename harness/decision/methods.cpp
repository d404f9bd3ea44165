#include "decision/methods.hpp"

#include <algorithm>
#include <array>

namespace abgate::decision {
namespace {

struct Row {
  Method method;
  std::string_view id;
  std::string_view sentence;
  bool blocks;
  bool exact;
};

constexpr std::array kMethods{
    Row{Method::t_log_ratio, "t_log_ratio_blocks",
        "t interval on the logarithm of candidate/baseline, one ratio per block", true, false},
    Row{Method::linear_margin, "linear_margin",
        "t interval on candidate minus threshold times baseline, one difference per block", true,
        false},
    Row{Method::t_blocks, "t_blocks", "t interval on the candidate's block values", true, false},
    Row{Method::t_difference, "t_difference_blocks",
        "t interval on candidate minus baseline, one difference per block", true, false},
    Row{Method::exceedance, "exceedance",
        "share of requests on the wrong side of the threshold, failed ones counted there: an exact "
        "binomial bound over requests, a t bound over runs and a score bound with the dispersion "
        "between runs must all hold",
        true, false},
    Row{Method::observed_max, "observed_max",
        "largest value seen; a fact about this run, no claim about requests not sent", false, true},
    Row{Method::error_count, "exact", "failures counted; what that count proves is said beside it",
        false, true},
    Row{Method::error_share, "clopper_pearson",
        "exact binomial (Clopper–Pearson) bound over requests, a t bound over runs and a score "
        "bound "
        "with the dispersion between runs must all hold",
        true, false},
    Row{Method::restarts, "restarts", "restarts of the server counted from its own start time",
        false, true},
    Row{Method::memory, "peak",
        "largest memory reading of the run; exact where no reading is missing", false, true},
    Row{Method::quality_score, "paired_score",
        "paired items, candidate against baseline: score test for 0/1 scores with counts divided "
        "by "
        "the design effect of clusters, clustered t test otherwise",
        false, false},
    Row{Method::quality_level, "score_level",
        "the candidate's own score: exact binomial bound with design effect for 0/1 scores, "
        "clustered t bound otherwise",
        false, false},
    Row{Method::quality_flips, "flips",
        "items whose score differs between the arms, exact binomial bound with design effect",
        false, false},
    Row{Method::likelihood, "paired_likelihood",
        "paired log-likelihoods of reference code per token, clustered interval, exponentiated",
        false, false},
};

const Row& row_of(Method method) {
  return *std::find_if(kMethods.begin(), kMethods.end(),
                       [&](const Row& r) { return r.method == method; });
}

MethodChoice use(Method method) {
  return {true, method, {}};
}
MethodChoice refuse(std::string why) {
  return {false, Method::t_blocks, std::move(why)};
}

constexpr std::array<std::string_view, 5> kPercentiles{"p50", "p90", "p95", "p99", "p99.9"};

bool is_percentile(std::string_view stat) {
  return std::find(kPercentiles.begin(), kPercentiles.end(), stat) != kPercentiles.end();
}

MethodChoice for_request_or_block_metric(const Criterion& c) {
  const bool per_block = is_block_metric(c.metric);
  if (c.stat != "mean" && c.stat != "max" && !is_percentile(c.stat)) {
    return refuse("saw stat " + c.stat + ", want mean, p50, p90, p95, p99 or max");
  }
  if (per_block && c.stat != "mean") {
    return refuse("saw stat " + c.stat + " of a metric with one value per block, want mean");
  }
  if (c.op == Op::eq) return refuse("saw op = on a measured quantity, want <, <=, > or >=");
  if (c.form == Form::ratio) return use(Method::t_log_ratio);
  if (c.form == Form::difference) return use(Method::t_difference);
  if (is_percentile(c.stat)) return use(Method::exceedance);
  return use(c.stat == "max" ? Method::observed_max : Method::t_blocks);
}

MethodChoice for_count(const Criterion& c) {
  if (c.form != Form::candidate) {
    return refuse("saw form " + std::string(to_string(c.form)) + " of a count, want candidate");
  }
  if (c.metric == "restarts") return use(Method::restarts);
  if (c.metric == "errors") return use(Method::error_count);
  if (c.op == Op::eq) return refuse("saw op = on a share, want <, <=, > or >=");
  return use(c.metric == "slo_attainment" ? Method::exceedance : Method::error_share);
}

MethodChoice for_quality(const Criterion& c) {
  if (c.op == Op::eq) return refuse("saw op = on a score, want <, <=, > or >=");
  if (c.metric == "quality.flip_rate") {
    return c.form == Form::candidate ? use(Method::quality_flips)
                                     : refuse("saw a ratio of flip rates, want form candidate");
  }
  if (c.metric == "quality.ppl_ratio") {
    return c.form == Form::difference ? refuse("saw a difference of a ratio, want form candidate")
                                      : use(Method::likelihood);
  }
  return use(c.form == Form::candidate ? Method::quality_level : Method::quality_score);
}

MethodChoice default_method(const Criterion& c) {
  const MetricInfo* info = find_metric(c.metric);
  if (info == nullptr) return refuse("saw metric " + c.metric + ", want one of the catalogue");
  if (is_request_metric(c.metric) || is_block_metric(c.metric))
    return for_request_or_block_metric(c);
  if (info->kind == "memory") {
    return c.op == Op::eq ? refuse("saw op = on memory, want <, <=, > or >=") : use(Method::memory);
  }
  if (c.metric.starts_with("quality.")) return for_quality(c);
  return for_count(c);
}

/// Names of the tests that quality_score chooses among by the data (0/1 or continuous).
bool is_score_test(std::string_view id) {
  return id == "tang_score" || id == "tango_score" || id == "t_clustered";
}

}  // namespace

MethodChoice choose_method(const Criterion& criterion) {
  const MethodChoice chosen = default_method(criterion);
  if (!chosen.ok || criterion.method.empty() || criterion.method == id_of(chosen.method)) {
    return chosen;
  }
  if (chosen.method == Method::t_log_ratio && criterion.method == id_of(Method::linear_margin)) {
    return use(Method::linear_margin);
  }
  if (chosen.method == Method::quality_score && is_score_test(criterion.method)) return chosen;
  std::string wanted(id_of(chosen.method));
  if (chosen.method == Method::t_log_ratio) wanted += " or linear_margin";
  return refuse("saw method " + criterion.method + ", want " + wanted + " for " +
                std::string(to_string(criterion.form)) + " " + criterion.stat + " of " +
                criterion.metric);
}

std::string_view id_of(Method method) {
  return row_of(method).id;
}
std::string_view sentence_of(Method method) {
  return row_of(method).sentence;
}
bool needs_blocks(Method method) {
  return row_of(method).blocks;
}
bool is_exact(Method method) {
  return row_of(method).exact;
}

double percentile_of(std::string_view stat) {
  if (stat == "p50") return 0.50;
  if (stat == "p90") return 0.90;
  if (stat == "p95") return 0.95;
  if (stat == "p99") return 0.99;
  if (stat == "p99.9") return 0.999;
  return 0;
}

bool is_request_metric(std::string_view metric) {
  constexpr std::array<std::string_view, 8> ids{
      "ttft", "ttft_service", "tpot", "icg_max", "e2e", "ntpot", "stream_speed", "output_tokens"};
  return std::find(ids.begin(), ids.end(), metric) != ids.end();
}

bool is_block_metric(std::string_view metric) {
  return metric == "throughput" || metric == "request_rate";
}

}  // namespace abgate::decision
