#include "stats/answer_rates.hpp"

#include <set>
#include <string_view>

#include "stats/measure.hpp"
#include "stats/series.hpp"

namespace abgate::stats {

namespace {

using Kind = AnswerRate::Kind;

const std::string kAnyRule = "any rule";

/// "fence+stop" -> {"fence", "stop"}
std::set<std::string> rules_of(const ItemScore& answer) {
  std::set<std::string> out;
  std::string_view rest = answer.cut_rule;
  while (!rest.empty()) {
    const std::size_t plus = rest.find('+');
    out.emplace(rest.substr(0, plus));
    rest = plus == std::string_view::npos ? std::string_view{} : rest.substr(plus + 1);
  }
  if (!out.empty()) out.insert(kAnyRule);
  return out;
}

std::set<std::string> names_of(const ItemScore& answer, Kind kind) {
  if (kind == Kind::cut) return rules_of(answer);
  return {answer.flags.begin(), answer.flags.end()};
}

/// The pairs of one name as a score of their own: 1 where it fired.
std::vector<QualityPair> pairs_of(const std::vector<ItemScore>& answers,
                                  const std::vector<std::set<std::string>>& fired,
                                  const std::string& name) {
  std::vector<ItemScore> light(answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const ItemScore& a = answers[i];
    light[i].arm = a.arm;
    light[i].item = a.item;
    light[i].cluster = a.cluster;
    light[i].repeat = a.repeat;
    light[i].answered = a.answered;
    if (a.answered) light[i].scores["fired"] = fired[i].count(name) > 0 ? 1 : 0;
  }
  return pair_quality(light);
}

QualitySeries series_of(std::vector<QualityPair> pairs) {
  Measurements m;
  m.quality = std::move(pairs);
  return quality_series(m, "fired", "all", "");
}

/// Control in the candidate's place.
std::vector<QualityPair> against_control(std::vector<QualityPair> pairs) {
  for (QualityPair& pair : pairs) {
    pair.candidate = pair.control;
    pair.dropped = pair.dropped || pair.control.empty();
  }
  return pairs;
}

AnswerRate rate_of(const std::vector<QualityPair>& pairs, double level) {
  AnswerRate rate;
  const QualitySeries ab = series_of(pairs);
  rate.n = ab.baseline.size();
  if (rate.n > 0) {
    rate.baseline = arm_mean(ab, ab.baseline, level);
    rate.candidate = arm_mean(ab, ab.candidate, level);
    rate.difference = quality_difference(ab, level);
  }
  const QualitySeries aa = series_of(against_control(pairs));
  rate.n_control = aa.baseline.size();
  if (rate.n_control > 0) {
    rate.control = arm_mean(aa, aa.candidate, level);
    rate.floor_difference = quality_difference(aa, level);
  }
  return rate;
}

}  // namespace

std::vector<AnswerRate> answer_rates(const std::vector<ItemScore>& answers, double level) {
  std::vector<AnswerRate> out;
  for (const Kind kind : {Kind::cut, Kind::flag}) {
    std::vector<std::set<std::string>> fired;
    std::set<std::string> names;
    for (const ItemScore& a : answers) {
      fired.push_back(a.answered ? names_of(a, kind) : std::set<std::string>{});
      names.insert(fired.back().begin(), fired.back().end());
    }
    for (const std::string& name : names) {
      AnswerRate rate = rate_of(pairs_of(answers, fired, name), level);
      rate.kind = kind;
      rate.name = name;
      out.push_back(std::move(rate));
    }
  }
  return out;
}

}  // namespace abgate::stats
