#pragma once
// The answer, and everything that a reader needs to believe it.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/criterion.hpp"
#include "core/exit_code.hpp"

namespace abgate::decision {

enum class Result { pass, fail, inconclusive };
enum class Decision { go, no_go, inconclusive, void_run };

/// One criterion judged. Values are in the criterion's unit (a ratio: plain; quality: ratio or
/// score).
struct CriterionResult {
  Criterion criterion;
  Result result = Result::inconclusive;
  std::optional<double> measured;     ///< what is compared with the threshold
  std::optional<double> candidate;    ///< the candidate's own value
  std::optional<double> baseline;     ///< the baseline's own value
  std::optional<double> bound;        ///< one-sided bound that a PASS needs on the right side
  std::optional<double> other_bound;  ///< the opposite one: a FAIL needs it on the wrong side
  std::optional<double>
      p_value;  ///< of the PASS claim; 0 for an exact PASS, absent where none was computed
  double alpha_pass = 0.05;
  double alpha_fail = 0.05;  ///< Bonferroni over the must criteria
  std::size_t n = 0;
  std::string n_unit;  ///< "blocks", "requests", "items", "samples"
  std::string method;  ///< one sentence
  std::string code;    ///< machine reason: "bound_holds", "bound_violates", "too_few", "missing",
                       ///< "straddles", …
  std::string reason;  ///< one sentence with value, bound, threshold and n
  std::string next_step;           ///< for INCONCLUSIVE: how many more of what, minutes
  std::vector<std::string> notes;  ///< "0 of 480 proves < 0.62 %", GiB beside GB, …
};

/// A rule of validity that did not hold.
struct ValidityFinding {
  std::string
      id;  ///< "schedule_lag", "loop_lag", "client_cpu", "aa", "not_steady", "cache", "tokens", …
  bool voids = false;  ///< true: VOID; false: the verdict is at most INCONCLUSIVE
  std::string sentence;
  std::string remedy;
};

/// A known trap or cause recognised in the data, in words.
struct Explanation {
  std::string id;  ///< "preallocated_memory", "plain_awq_kernel", …
  std::string title;
  std::string evidence;  ///< with the numbers
  std::string advice;
  bool caveat = false;  ///< belongs on the first screen
};

struct Verdict {
  Decision decision = Decision::inconclusive;
  std::vector<CriterionResult> criteria;  ///< in the scenario's order
  std::vector<ValidityFinding> validity;  ///< empty: valid
  std::vector<Explanation> explanations;
  std::vector<std::string> caveats;  ///< failed targets, narrow margins, what was not covered
  std::string headline;   ///< "NO-GO: AWQ does not meet 1 of 5 criteria (output speed per stream)"
  std::string scope;      ///< what was compared, at which load
  std::string next_step;  ///< promote / roll back and try … / run n more blocks
  std::string aa_line;    ///< noise floor in one line; empty: no A/A
  double p_overall = 1;   ///< max of the criteria's p values for GO
  std::string criteria_hash;
  unsigned look = 1;       ///< which of the declared looks this verdict was taken at
  unsigned looks = 1;      ///< 2 where the scenario declares an extension
  bool regressed = false;  ///< worse than its own history on two nights; a GO ends as such
  bool simulated = false;
};

std::string_view to_string(Result result);      ///< "PASS" | "FAIL" | "INCONCLUSIVE"
std::string_view to_string(Decision decision);  ///< "GO" | "NO-GO" | "INCONCLUSIVE" | "VOID"
ExitCode exit_code(Decision decision);
/// The same, but go_but_regressed for a GO that its history contradicts.
ExitCode exit_code(const Verdict& verdict);

}  // namespace abgate::decision
