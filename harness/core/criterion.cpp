#include "core/criterion.hpp"

#include <algorithm>

namespace abgate {

const std::vector<MetricInfo>& metric_catalogue() {
  static const std::vector<MetricInfo> catalogue{
      {"ttft", "s", -1, "latency",
       "time to first token: first event with generated text minus start of the request's write "
       "(closed "
       "loop) or minus its scheduled time (open loop)"},
      {"ttft_service", "s", -1, "latency",
       "time to first token counted from the start of the request's write, whatever the load "
       "shape"},
      {"tpot", "s", -1, "latency",
       "time per output token: (last token event - first token event) / (output tokens - tokens of "
       "the "
       "first event), per request"},
      {"icg_max", "s", -1, "latency",
       "longest gap between two consecutive token-bearing chunks of a request"},
      {"e2e", "s", -1, "latency",
       "last token event minus the request's start (or its scheduled time, open loop)"},
      {"ntpot", "s", -1, "latency", "end-to-end time divided by output tokens"},
      {"stream_speed", "tok/s", +1, "rate",
       "1/TPOT of a stream: output tokens per second after the first, per stream"},
      {"throughput", "tok/s", +1, "rate",
       "output tokens per second of all streams together in the steady window"},
      {"request_rate", "req/s", +1, "rate", "completed requests per second in the steady window"},
      {"output_tokens", "tok", 0, "count", "output tokens per request by the server's usage"},
      {"gpu_memory_used", "GB", -1, "memory",
       "peak of the GPU's memory.used over the run, per GPU; 1 GB = 10^9 bytes"},
      {"gpu_memory_demand", "GB", -1, "memory",
       "weights + activations + peak KV cache in use: what the model needs, without what vLLM "
       "preallocates"},
      {"errors", "req", -1, "count", "requests that did not end in success, whatever the class"},
      {"error_rate", "", -1, "fraction", "failed requests / attempted requests"},
      {"restarts", "", -1, "count",
       "restarts of the server seen during the run (start time or counters went back)"},
      {"slo_attainment", "", +1, "fraction",
       "requests that met every objective / attempted requests"},
      {"quality.em_strict", "", +1, "score",
       "completion equals the reference except for trailing white space"},
      {"quality.em_ws", "", +1, "score",
       "completion and reference have the same white-space separated tokens"},
      {"quality.em_line1", "", +1, "score", "first non-blank lines are equal, stripped"},
      {"quality.edit_similarity", "", +1, "score",
       "2·LCS/(|completion|+|reference|) over Unicode code points, stripped, 0..1"},
      {"quality.identifier_f1", "", +1, "score",
       "F1 of the sets of identifiers of completion and reference"},
      {"quality.chrf", "", +1, "score", "chrF: character 6-gram F-score with beta 2, 0..1"},
      {"quality.pass1", "", +1, "score",
       "the completed program passes the item's tests in the sandbox"},
      {"quality.pass_at_k", "", +1, "score",
       "at least one of k answers to the item passes its tests: the unbiased estimate from the "
       "repeats, 1 - C(n-c,k)/C(n,k)"},
      {"quality.syntax_valid", "", +1, "score", "the completed program parses"},
      {"quality.plugin", "", 0, "score",
       "score of the scenario's own scorer (quality.scorer), 0..1; which end is good is said there"},
      {"quality.ppl_ratio", "", -1, "score",
       "perplexity of reference code under the candidate / under the baseline"},
      {"quality.flip_rate", "", -1, "fraction",
       "items whose exact match changed between the arms, either way"},
      {"quality.degenerate_rate", "", -1, "fraction",
       "completions caught by a degenerate-output detector"},
  };
  return catalogue;
}

const MetricInfo* find_metric(std::string_view id) {
  const auto& all = metric_catalogue();
  const auto it =
      std::find_if(all.begin(), all.end(), [&](const MetricInfo& m) { return m.id == id; });
  return it == all.end() ? nullptr : &*it;
}

std::string_view to_string(Level level) {
  return level == Level::must ? "must" : "target";
}

std::string_view to_string(Op op) {
  switch (op) {
    case Op::lt:
      return "<";
    case Op::le:
      return "≤";
    case Op::gt:
      return ">";
    case Op::ge:
      return "≥";
    case Op::eq:
      return "=";
  }
  return "?";
}

std::string_view to_string(Form form) {
  switch (form) {
    case Form::candidate:
      return "candidate";
    case Form::ratio:
      return "ratio";
    case Form::difference:
      return "difference";
  }
  return "?";
}

std::string_view to_string(MissingRule rule) {
  return rule == MissingRule::fail ? "fail" : "inconclusive";
}

}  // namespace abgate
