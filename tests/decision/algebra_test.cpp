#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "catch.hpp"
#include "decision/algebra.hpp"
#include "source_dir.hpp"

using namespace abgate;
using namespace abgate::decision;

namespace {

CriterionResult vote(Level level, Result result) {
  CriterionResult r;
  r.criterion.level = level;
  r.result = result;
  return r;
}

constexpr Result kAll[] = {Result::pass, Result::fail, Result::inconclusive};

/// The rule in other words, as the oracle of the whole table.
Decision expected(Result a, Result b, bool voided, bool invalid) {
  if (voided) return Decision::void_run;
  if (a == Result::fail || b == Result::fail) return Decision::no_go;
  if (invalid || a == Result::inconclusive || b == Result::inconclusive)
    return Decision::inconclusive;
  return Decision::go;
}

}  // namespace

TEST_CASE("the truth table of decisions is complete", "[algebra]") {
  for (const Result a : kAll) {
    for (const Result b : kAll) {
      for (const Result target : kAll) {
        for (int flags = 0; flags < 4; ++flags) {
          const bool voided = (flags & 1) != 0, invalid = (flags & 2) != 0;
          const std::vector<CriterionResult> results{
              vote(Level::must, a), vote(Level::target, target), vote(Level::must, b)};
          std::vector<ValidityFinding> findings;
          if (voided) findings.push_back({"loop_lag", true, "", ""});
          if (invalid) findings.push_back({"aa", false, "", ""});
          CAPTURE(to_string(a), to_string(b), to_string(target), voided, invalid);
          CHECK(decide(count_votes(results, findings)) == expected(a, b, voided, invalid));
        }
      }
    }
  }
}

TEST_CASE("the published cases of the verdict table hold", "[algebra][oracle]") {
  std::ifstream file(source_dir() + "/tests/stats/data/oracles.json");
  const auto table = nlohmann::json::parse(file).at("verdict_truth_table").at("cases");
  REQUIRE(table.size() >= 5);
  const auto add = [](const nlohmann::json& words, Level level,
                      std::vector<CriterionResult>& results) {
    for (const auto& word : words) {
      const auto it = std::find_if(std::begin(kAll), std::end(kAll),
                                   [&](Result r) { return to_string(r) == word; });
      REQUIRE(it != std::end(kAll));
      results.push_back(vote(level, *it));
    }
  };
  for (const auto& row : table) {
    CAPTURE(row.dump());
    std::vector<CriterionResult> results;
    add(row.at("must"), Level::must, results);
    add(row.value("target", nlohmann::json::array()), Level::target, results);
    std::vector<ValidityFinding> findings;
    if (row.value("aa_control", "") == "FAIL") findings.push_back({"aa", false, "", ""});
    // "INCONCLUSIVE (no must criteria)" carries its reason behind the word
    const std::string overall = row.at("overall");
    CHECK(overall.starts_with(to_string(decide(count_votes(results, findings)))));
  }
}

TEST_CASE("a bound on the threshold itself passes only where equality is allowed", "[algebra]") {
  CHECK(classify(Op::lt, 60, 60.0, 60.0) == Result::fail);
  CHECK(classify(Op::le, 60, 60.0, 60.0) == Result::pass);
  CHECK(classify(Op::ge, 2, 2.0, 2.0) == Result::pass);
  CHECK(classify(Op::gt, 2, 2.0, 2.0) == Result::fail);
  CHECK(classify(Op::lt, 60, std::nextafter(60.0, 0.0), 59.0) == Result::pass);
}

TEST_CASE("bounds on both sides of the threshold decide nothing", "[algebra]") {
  CHECK(classify(Op::ge, 2, 1.96, 2.07) == Result::inconclusive);
  CHECK(classify(Op::lt, 1, 1.03, 0.97) == Result::inconclusive);
  CHECK(classify(Op::ge, 2, 1.80, 1.96) == Result::fail);
  CHECK(classify(Op::lt, 1, 1.10, 1.03) == Result::fail);
}

TEST_CASE("what is absent or not a number decides nothing", "[algebra]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Op op : {Op::lt, Op::le, Op::gt, Op::ge, Op::eq}) {
    CHECK(classify(op, 1, std::nullopt, std::nullopt) == Result::inconclusive);
    CHECK(classify(op, 1, nan, nan) == Result::inconclusive);
    CHECK_FALSE(acceptable(op, nan, 1));
  }
}

TEST_CASE("two pre-declared looks use the O'Brien-Fleming levels", "[algebra]") {
  // z = 2.3729834880245226 and 1.6779527160258463 at one-sided 0.05
  CHECK(alpha_at_look(0.05, 1, 1) == 0.05);
  CHECK(alpha_at_look(0.05, 1, 2) ==
        Approx(0.5 * std::erfc(2.3729834880245226 / std::sqrt(2.0))).epsilon(1e-5));
  CHECK(alpha_at_look(0.05, 2, 2) ==
        Approx(0.5 * std::erfc(1.6779527160258463 / std::sqrt(2.0))).epsilon(1e-5));
  CHECK(alpha_at_look(0.01, 2, 2) < 0.01);
}

TEST_CASE("decisions have their words and exit codes", "[algebra]") {
  CHECK(to_string(Decision::go) == "GO");
  CHECK(to_string(Decision::no_go) == "NO-GO");
  CHECK(to_string(Decision::void_run) == "VOID");
  CHECK(exit_code(Decision::go) == ExitCode::go);
  CHECK(exit_code(Decision::no_go) == ExitCode::no_go);
  CHECK(exit_code(Decision::inconclusive) == ExitCode::inconclusive);
  CHECK(exit_code(Decision::void_run) == ExitCode::void_run);
}
