#pragma once
// Where along a load axis does a statement stop holding? Proposes the next value to probe, takes
// the answer, and says what the answers so far have shown. Pure; knows nothing of what is probed.
//
// Answers may be wrong now and then, or missing ("cannot tell"). Nothing is concluded from the
// order of probes: after every answer the bracket is what all of them together allow.

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace abgate::decision {

enum class ProbeAnswer { holds, fails, undecided };

struct BracketOptions {
  double from = 1, to = 1;    ///< the range searched, both ends included; 0 < from <= to
  std::optional<double> start;  ///< first value; absent: `from`
  double precision = 0.05;    ///< found when the bracket's ends differ by this share of the lower
  bool whole = false;         ///< whole numbers only; neighbours are then always precise enough
  bool ends_first = false;    ///< probe `from` and `to` before anything between
  bool confirm = true;        ///< probe each end of the bracket a second time, on new data
  std::size_t max_probes = 40;
};

enum class BracketStatus {
  found,        ///< held below, failed above, as close as asked
  all_hold,     ///< held at `to`
  all_fail,     ///< failed at `from`
  undecided,    ///< answers between the ends could not be had: the bracket is wider than asked
  contradictory,  ///< held above a value where it failed: the bracket leaves all of that open
  out_of_probes,  ///< max_probes were not enough
  stopped,        ///< the caller gave no more answers
};

struct Bracket {
  BracketStatus status = BracketStatus::stopped;
  std::optional<double> held;    ///< highest value that held, nothing at or below it failed
  std::optional<double> failed;  ///< lowest value that failed, nothing at or above it held
  std::vector<double> open;      ///< probed strictly between the two (or at unclear ends), ascending
  /// Pairs (failed at, held at) with the first at or below the second.
  std::vector<std::pair<double, double>> contradictions;
  std::size_t probes = 0;
};

class BracketSearch {
 public:
  explicit BracketSearch(const BracketOptions& options);

  /// The value to probe next; nullopt: nothing more is to be learnt, see result().
  std::optional<double> next() const;
  /// An answer, wanted or not. A value may be answered more than once.
  void answer(double value, ProbeAnswer answer);
  /// What is known now. While next() has a value the status is `stopped`.
  Bracket result() const;

  const BracketOptions& options() const { return options_; }

 private:
  struct Tally {
    double value = 0;
    std::size_t holds = 0, fails = 0, undecided = 0;
    std::size_t probes() const { return holds + fails + undecided; }
    bool clear_hold() const { return holds > 0 && fails == 0; }
    bool clear_fail() const { return fails > 0 && holds == 0; }
  };
  struct View;

  const Tally* tally(double value) const;
  View view() const;
  double tidy(double value) const;
  std::optional<double> between(double low, double high) const;
  std::optional<double> outward(const View& v) const;
  std::optional<double> inward(const View& v) const;
  std::optional<double> confirmation(const View& v) const;

  BracketOptions options_;
  std::vector<Tally> tallies_;  ///< ascending
  std::size_t probes_ = 0;
};

std::string_view to_string(ProbeAnswer answer);   ///< "holds" | "does not hold" | "cannot tell"
std::string_view to_string(BracketStatus status);  ///< "found", "all_hold", …

}  // namespace abgate::decision
