#include "stats/answer_rates.hpp"

#include "catch.hpp"
#include "stats/compare.hpp"

using namespace abgate;
using namespace abgate::stats;

namespace {

ItemScore answer(Arm arm, int item, const std::string& cut, std::vector<std::string> flags = {}) {
  ItemScore s;
  s.arm = arm;
  s.item = s.cluster = std::to_string(item);
  s.answered = true;
  s.cut_rule = cut;
  s.flags = std::move(flags);
  return s;
}

const AnswerRate& find(const std::vector<AnswerRate>& rates, const std::string& name) {
  const auto it = std::find_if(rates.begin(), rates.end(),
                               [&](const AnswerRate& r) { return r.name == name; });
  REQUIRE(it != rates.end());
  return *it;
}

}  // namespace

TEST_CASE("Rates of cuts and detectors per arm, with A/A beside A/B", "[rates]") {
  std::vector<ItemScore> answers;
  for (int i = 0; i < 100; ++i) {
    answers.push_back(answer(Arm::baseline, i, i < 10 ? "dedent" : ""));
    answers.push_back(
        answer(Arm::candidate, i, i < 40 ? "dedent+stop" : "",
               i < 20 ? std::vector<std::string>{"hit_length"} : std::vector<std::string>{}));
    answers.push_back(answer(Arm::control, i, i < 11 ? "dedent" : ""));
  }
  answers.push_back(answer(Arm::baseline, 200, "think"));  // the candidate did not answer it
  const auto rates = answer_rates(answers, 0.9);
  const AnswerRate& dedent = find(rates, "dedent");
  CHECK(dedent.kind == AnswerRate::Kind::cut);
  CHECK(dedent.n == 100);
  CHECK(dedent.n_control == 100);
  CHECK(*dedent.baseline.value == Approx(0.10));
  CHECK(*dedent.candidate.value == Approx(0.40));
  CHECK(*dedent.control.value == Approx(0.11));
  CHECK(*dedent.difference.value == Approx(0.30));
  CHECK(*dedent.difference.lo > 0.2);
  CHECK(*dedent.floor_difference.value == Approx(0.01));
  CHECK(*dedent.floor_difference.lo < 0);
  CHECK(*find(rates, "stop").baseline.value == 0);
  CHECK(*find(rates, "any rule").candidate.value == Approx(0.40));
  CHECK(find(rates, "think").n == 100);
  const AnswerRate& flag = find(rates, "hit_length");
  CHECK(flag.kind == AnswerRate::Kind::flag);
  CHECK(*flag.difference.value == Approx(0.20));
  CHECK(rates.back().kind == AnswerRate::Kind::flag);
  CHECK(answer_rates({}, 0.9).empty());
}

TEST_CASE("Repeats make a rate of each item, without a control there is no A/A", "[rates]") {
  std::vector<ItemScore> answers;
  for (int i = 0; i < 30; ++i) {
    for (std::uint32_t r = 0; r < 2; ++r) {
      answers.push_back(answer(Arm::baseline, i, ""));
      answers.back().repeat = r;
      answers.push_back(answer(Arm::candidate, i, r == 0 ? "stop" : ""));
      answers.back().repeat = r;
    }
  }
  const auto rates = answer_rates(answers, 0.9);
  const AnswerRate& stop = find(rates, "stop");
  CHECK(*stop.candidate.value == Approx(0.5));
  CHECK(*stop.difference.value == Approx(0.5));
  CHECK(stop.n_control == 0);
  CHECK_FALSE(stop.control.value);
}

TEST_CASE("A fall of a score of which less is better is no regression", "[rates]") {
  Measurements m;
  for (int i = 0; i < 200; ++i) {
    QualityPair p;
    p.item = p.cluster = std::to_string(i);
    p.category = "x";
    p.baseline["degenerate_rate"] = p.baseline["plugin"] = i < 80 ? 1 : 0;
    p.candidate["degenerate_rate"] = p.candidate["plugin"] = i < 20 ? 1 : 0;
    m.quality.push_back(p);
  }
  const auto flagged = [&](const std::string& metric, const CompareOptions& o) {
    for (const QualityGroup& g : compare(m, o).quality) {
      if (g.metric == metric && g.dimension == "category") return g.flagged;
    }
    FAIL("no group");
    return false;
  };
  CompareOptions o;
  CHECK_FALSE(flagged("degenerate_rate", o));
  CHECK(flagged("plugin", o));
  o.lower_is_better = {"plugin"};
  CHECK_FALSE(flagged("plugin", o));
  for (QualityPair& p : m.quality) std::swap(p.baseline, p.candidate);
  CHECK(flagged("degenerate_rate", o));
  CHECK(flagged("plugin", o));
}
