#include <cmath>
#include <nlohmann/json.hpp>

#include "report/escape.hpp"
#include "report/report.hpp"

namespace abgate::report {

namespace {
using Json = nlohmann::ordered_json;
using stats::Estimate;

Json real(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}
Json real(const std::optional<double>& value) {
  return value ? real(*value) : Json(nullptr);
}

Json reals(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double v : values) list.push_back(real(v));
  return list;
}

Json estimate(const Estimate& e) {
  Json json{{"value", real(e.value)}, {"lo", real(e.lo)},   {"hi", real(e.hi)},
            {"level", e.level},       {"method", e.method}, {"n", e.n}};
  if (e.n_eff) json["n_eff"] = real(e.n_eff);
  if (!e.why.empty()) json["why"] = e.why;
  if (!e.warnings.empty()) json["warnings"] = e.warnings;
  return json;
}

Json criterion(const decision::CriterionResult& r) {
  const Criterion& c = r.criterion;
  const MetricInfo* info = find_metric(c.metric);
  return {
      {"id", c.id},
      {"title", c.title},
      {"level", to_string(c.level)},
      {"metric", c.metric},
      {"stat", c.stat},
      {"form", to_string(c.form)},
      {"point", c.point},
      {"op", c.op == Op::lt   ? "<"
             : c.op == Op::le ? "<="
             : c.op == Op::gt ? ">"
             : c.op == Op::ge ? ">="
                              : "=="},
      {"threshold", real(c.value)},
      {"unit", c.form == Form::ratio || info == nullptr ? std::string() : std::string(info->unit)},
      {"missing", to_string(c.missing)},
      {"min_n", c.min_n},
      {"result", to_string(r.result)},
      {"code", r.code},
      {"reason", r.reason},
      {"next_step", r.next_step},
      {"measured", real(r.measured)},
      {"candidate", real(r.candidate)},
      {"baseline", real(r.baseline)},
      {"bound", real(r.bound)},
      {"other_bound", real(r.other_bound)},
      {"p_value", real(r.p_value)},
      {"alpha_pass", r.alpha_pass},
      {"alpha_fail", r.alpha_fail},
      {"n", r.n},
      {"n_unit", r.n_unit},
      {"method", r.method},
      {"notes", r.notes},
      {"reading", c.note}};
}

Json metric(const stats::MetricComparison& m) {
  return {{"metric", m.metric},
          {"stat", m.stat},
          {"unit", m.unit},
          {"point", m.point},
          {"baseline", estimate(m.baseline)},
          {"candidate", estimate(m.candidate)},
          {"ratio", estimate(m.ratio)},
          {"difference", estimate(m.difference)},
          {"baseline_blocks", reals(m.baseline_blocks)},
          {"candidate_blocks", reals(m.candidate_blocks)}};
}

Json quality(const stats::QualityGroup& g) {
  return {{"metric", g.metric},
          {"dimension", g.dimension},
          {"name", g.name},
          {"n", g.n},
          {"clusters", g.clusters},
          {"binary", g.binary},
          {"both", g.both},
          {"baseline_only", g.baseline_only},
          {"candidate_only", g.candidate_only},
          {"neither", g.neither},
          {"baseline", estimate(g.baseline)},
          {"candidate", estimate(g.candidate)},
          {"ratio", estimate(g.ratio)},
          {"difference", estimate(g.difference)},
          {"flagged", g.flagged},
          {"p_adjusted", real(g.p_adjusted)}};
}

Json against(const stats::LikelihoodSummary::Against& a) {
  return {{"ppl_ratio", estimate(a.ppl_ratio)},
          {"positions", a.positions},
          {"same_top", estimate(a.same_top)},
          {"kl_lower", estimate(a.kl_lower)},
          {"jsd_lower", real(a.jsd_lower)},
          {"jsd_upper", real(a.jsd_upper)},
          {"tail", real(a.tail)},
          {"diverged", a.diverged},
          {"near_ties", a.near_ties},
          {"unclear", a.unclear},
          {"first_divergence", real(a.first_divergence)},
          {"regret", real(a.regret)}};
}

Json likelihood(const stats::LikelihoodSummary& s) {
  const auto maybe = [](const std::optional<Estimate>& e) {
    return e ? estimate(*e) : Json(nullptr);
  };
  const bool answers = s.task == LikelihoodTask::answer;
  Json confidence = Json::object();
  for (const Arm arm : kArms) {
    if (const Estimate& e = s.confidence[index_of(arm)]; e.value)
      confidence[std::string(to_string(arm))] = estimate(e);
  }
  return {{"task", to_string(s.task)},
          {"texts", s.texts},
          {"lost", s.lost},
          {"why_lost", s.why_lost},
          {"tokens", s.tokens},
          {"baseline_ppl", answers ? Json(nullptr) : real(s.baseline_ppl)},
          {"candidate_ppl", answers ? Json(nullptr) : real(s.candidate_ppl)},
          {"candidate", against(s.candidate)},
          {"control", s.control ? against(*s.control) : Json(nullptr)},
          {"excess_changed_top", maybe(s.excess_changed_top)},
          {"control_texts", s.control_texts},
          {"excess_kl", maybe(s.excess_kl)},
          {"confidence", std::move(confidence)}};
}

Json answer_floor(const stats::AnswerFloor& f) {
  return {{"metric", f.metric},
          {"binary", f.binary},
          {"n", f.n},
          {"changed", estimate(f.changed)},
          {"floor", estimate(f.floor)},
          {"excess", estimate(f.excess)},
          {"difference", estimate(f.difference)},
          {"floor_difference", estimate(f.floor_difference)},
          {"unresolved", f.unresolved}};
}

Json answer_rate(const stats::AnswerRate& r) {
  const bool control = r.n_control > 0;
  return {{"kind", r.kind == stats::AnswerRate::Kind::cut ? "cut" : "detector"},
          {"name", r.name},
          {"n", r.n},
          {"n_control", r.n_control},
          {"baseline", estimate(r.baseline)},
          {"candidate", estimate(r.candidate)},
          {"control", control ? estimate(r.control) : Json(nullptr)},
          {"difference", estimate(r.difference)},
          {"floor_difference", control ? estimate(r.floor_difference) : Json(nullptr)}};
}

Json requests(const stats::Measurements& m, Arm arm) {
  std::size_t attempted = 0, failed = 0, ours = 0, unsent = 0;
  std::map<std::string, std::size_t> failures;
  for (const stats::BlockArm& b : m.blocks) {
    if (b.kind != CellKind::load || b.arm != arm) continue;
    attempted += b.attempted;
    failed += b.failed;
    ours += b.ours;
    unsent += b.unsent;
    for (const auto& [what, n] : b.failures) failures[what] += n;
  }
  return {{"attempted", attempted},
          {"failed", failed},
          {"ours", ours},
          {"unsent", unsent},
          {"failures", failures},
          {"quality_attempted", m.quality_attempted[index_of(arm)]},
          {"quality_failed", m.quality_failed[index_of(arm)]}};
}

Json memory(const stats::MemoryUse& use) {
  return {{"used_peak_gb", real(use.used_peak_gb)},
          {"total_gb", real(use.total_gb)},
          {"demand_gb", real(use.demand_gb)},
          {"weights_gb", real(use.weights_gb)},
          {"activation_gb", real(use.activation_gb)},
          {"kv_peak_gb", real(use.kv_peak_gb)},
          {"samples", use.samples},
          {"longest_gap_s", real(use.longest_gap_s)},
          {"gpu", use.gpu},
          {"throttled", use.throttled},
          {"why", use.why}};
}

Json server(const stats::ServerDelta& d) {
  return {{"seen", d.seen},
          {"ttft_mean_s", real(d.ttft_mean)},
          {"itl_mean_s", real(d.itl_mean)},
          {"queue_mean_s", real(d.queue_mean)},
          {"prefix_hit_rate", real(d.prefix_hit_rate)},
          {"prompt_tokens", real(d.prompt_tokens)},
          {"generation_tokens", real(d.generation_tokens)},
          {"preemptions", real(d.preemptions)},
          {"kv_usage_max", real(d.kv_usage_max)},
          {"restarts", d.restarts}};
}

Json arm(const Input& in, Arm which) {
  return {{"label", in.scenario.arm(which).label},
          {"requests", requests(in.measurements, which)},
          {"memory", memory(in.measurements.memory[index_of(which)])},
          {"server", server(in.measurements.server[index_of(which)])}};
}

template <typename T, typename ToJson>
Json list(const std::vector<T>& items, const ToJson& to_json) {
  Json out = Json::array();
  for (const T& item : items) out.push_back(to_json(item));
  return out;
}

Json run(const Manifest& m) {
  Json out{{"id", m.run_id},
           {"tool_version", m.tool_version},
           {"scenario", m.scenario_name},
           {"scenario_hash", m.scenario_hash},
           {"plan_hash", m.plan_hash},
           {"mode", to_string(m.mode)},
           {"attempt", m.attempt},
           {"started", m.started},
           {"finished", m.finished},
           {"interrupted", m.interrupted},
           {"merged_from", m.merged_from}};
  if (!m.resumed.empty()) out["resumed"] = m.resumed;
  return out;
}

void add_findings(const decision::Verdict& v, Json& json) {
  json["validity"] = list(v.validity, [](const decision::ValidityFinding& f) {
    return Json{{"id", f.id}, {"voids", f.voids}, {"sentence", f.sentence}, {"remedy", f.remedy}};
  });
  json["explanations"] = list(v.explanations, [](const decision::Explanation& e) {
    return Json{{"id", e.id},
                {"title", e.title},
                {"evidence", e.evidence},
                {"advice", e.advice},
                {"caveat", e.caveat}};
  });
}

void add_comparison(const stats::Comparison& c, Json& json) {
  json["metrics"] = list(c.metrics, metric);
  json["aa"] = list(c.aa, [](const stats::AaComparison& aa) {
    return Json{{"metric", aa.metric}, {"point", aa.point}, {"ratio", estimate(aa.ratio)}};
  });
  json["quality"] = list(c.quality, quality);
  if (!c.rates.empty()) json["answer_rates"] = list(c.rates, answer_rate);
  if (!c.floor.empty()) json["answer_floor"] = list(c.floor, answer_floor);
  if (!c.likelihood.empty()) json["likelihood"] = list(c.likelihood, likelihood);
  json["lengths"] = list(c.lengths, [](const stats::LengthDrift& d) {
    return Json{{"point", d.point},
                {"ratio", estimate(d.ratio)},
                {"ks_statistic", real(d.ks_statistic)},
                {"ks_p", real(d.ks_p)}};
  });
}
}  // namespace

std::string verdict_json(const Input& in) {
  const decision::Verdict& v = in.verdict;
  Json json;
  json["schema"] = "abgate-verdict/1";
  json["decision"] = to_string(v.decision);
  json["exit_code"] = static_cast<int>(exit_code(v));
  json["regressed"] = v.regressed;
  json["simulated"] = v.simulated || in.measurements.simulated;
  json["headline"] = v.headline;
  json["scope"] = v.scope;
  json["next_step"] = v.next_step;
  json["aa_line"] = v.aa_line;
  json["p_overall"] = real(v.p_overall);
  json["criteria_hash"] = v.criteria_hash;
  json["look"] = v.look;
  json["looks"] = v.looks;
  json["run"] = run(in.manifest);
  json["criteria"] = list(v.criteria, criterion);
  json["caveats"] = v.caveats;
  add_findings(v, json);
  json["arms"] = {{"baseline", arm(in, Arm::baseline)}, {"candidate", arm(in, Arm::candidate)}};
  json["missing_cells"] = in.measurements.missing_cells;
  add_comparison(in.comparison, json);
  if (const auto& asked = in.manifest.logprobs) {
    json["logprobs"] = {{"wanted", asked->wanted},
                        {"top", asked->top},
                        {"ids", asked->ids},
                        {"why", asked->why}};
  }
  if (!in.measurements.quality_notes.empty())
    json["quality_notes"] = in.measurements.quality_notes;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace abgate::report
