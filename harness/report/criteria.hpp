#pragma once
// How one judged criterion is written: required, measured, bound, baseline.

#include <string>
#include <vector>

#include "decision/verdict.hpp"

namespace abgate::report {

/// Plain text (not Markdown).
struct CriterionText {
  std::string title;
  std::string required;
  std::string measured;
  std::string bound;  ///< the one-sided bound that decides; "exact" for facts
  std::string baseline;
  std::string n;       ///< "6 blocks"
  std::string result;  ///< "PASS", "PASS (narrow)", …
};

CriterionText text_of(const decision::CriterionResult& result);

/// One row of the table: criteria of the same level on the same figure (absolute and ratio) share
/// it.
struct CriterionRow {
  CriterionText text;
  decision::Result result = decision::Result::inconclusive;  ///< the worst of them
  std::vector<std::size_t> criteria;                         ///< positions in Verdict::criteria
};
std::vector<CriterionRow> criterion_rows(const decision::Verdict& verdict, Level level);

/// A figure in the criterion's own unit, with enough digits to tell it from the threshold.
std::string value_text(const Criterion& criterion, double value);
/// The unit of the candidate's and the baseline's own values.
std::string own_value_text(const Criterion& criterion, double value);

/// "95 %" for an alpha of 0.05.
std::string level_text(double alpha);
/// "95 %" if all must criteria have that one-sided level, else "one-sided".
std::string bound_level(const decision::Verdict& verdict);

}  // namespace abgate::report
