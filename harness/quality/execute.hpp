#pragma once
// Does the completed program pass its tests? Programs run in the sandbox only.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/score.hpp"
#include "core/suite.hpp"
#include "quality/sandbox.hpp"

namespace abgate::quality {

enum class RunClass : std::uint8_t {
  pass,
  assert_fail,   ///< a test said no
  exception,     ///< or a crash, an early exit, too much output
  syntax_error,  ///< or does not compile
  timeout,
  oom,
  killed_by_seccomp,
  forged,    ///< passed, and passes as well with checks that must fail: it passes whatever they say
  unproven,  ///< passed, but ended twice in another way than by the checks that had to fail
  infra_error,  ///< the sandbox or an interpreter failed: never a wrong answer
};
std::string_view to_string(RunClass c);

struct RunVerdict {
  RunClass cls = RunClass::infra_error;
  std::string detail;  ///< one line for people
  double seconds = 0;
  bool repeated = false;  ///< timed out and was run again, alone and with three times the limits
  bool cached = false;
};

/// prompt + completion for a completion, prefix + completion + suffix for fim, the completion for
/// chat.
std::string assemble_program(const SuiteItem& item, std::string_view completion);
/// A completion that does nothing (Python: pass; C++: return {}; …) in the place of the reference.
std::string stub_completion(const SuiteItem& item);

/// n samples, c correct: the unbiased estimate of pass@k (Chen et al. 2021), 1 - C(n-c,k)/C(n,k).
/// Needs 0 <= c <= n and 1 <= k <= n.
double pass_at_k(std::size_t n, std::size_t c, std::size_t k);

/// Runs items. Thread-safe. What passes in the same process as its tests is run once more with
/// checks that must fail (control.hpp): without that, no pass is one. Equal programs (by SHA-256 of program, tests, limits and interpreter)
/// get one verdict, so that flaky execution cannot make two equal answers differ. Verdicts other
/// than infra_error are kept in `cache_file`, if one is named, and read from it.
class Executor {
 public:
  explicit Executor(std::unique_ptr<Sandbox> sandbox, Limits limits = {},
                    std::string cache_file = {});
  ~Executor();

  const Sandbox& sandbox() const;
  /// Whether the item can be executed here; if not, `why` says what is missing (no tests, language,
  /// interpreter).
  bool can_run(const SuiteItem& item, std::string& why) const;
  /// `patient`: what ran out of time is run again, alone and with three times the limits.
  RunVerdict run(const SuiteItem& item, std::string_view completion, bool patient = true);

  struct Counts {
    std::size_t runs = 0;      ///< of programs, `controls` among them
    std::size_t controls = 0;  ///< with checks that must fail
    std::size_t cached = 0, repeated = 0, infra_errors = 0;
  };
  Counts counts() const;
  /// Every verdict that was asked for so far, as lines of a cache file.
  std::string verdicts_asked() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Adds "pass1" (0 or 1) to each answered score whose item can be executed, and a flag for timeouts
/// and the like ("run_timeout"). An infra_error adds the flag "run_infra_error" and no score: the
/// pair drops.
void add_execution(std::vector<ItemScore>& scores, const Suite& suite, Executor& executor,
                   unsigned threads = 0);

/// Adds "pass_at_k" to each score that has "pass1" of an item with at least k such repeats in that
/// arm: pass_at_k(n, c, k) over them, the same in each repeat. Items with fewer get none; returns
/// how many items lack it in an arm that has some. Needs k >= 1.
std::size_t add_pass_at_k(std::vector<ItemScore>& scores, std::size_t k);

/// Proof that the grader works, before any request is sent.
struct SuiteCheck {
  std::size_t executable = 0;  ///< items with tests that can run here
  std::size_t without_reference = 0;  ///< of these (MultiPL-E has none): only the stub was run
  std::size_t references_pass = 0;
  std::size_t stubs_fail = 0;
  std::vector<std::string> failures;  ///< "ID: reference: assert_fail: …", "ID: stub passes"
  std::vector<std::string> skipped;   ///< "3 items: no interpreter for …"
  std::string tier;
  double seconds = 0;
  bool good() const {
    return references_pass + without_reference == executable && stubs_fail == executable;
  }
  /// "164 of 164 references pass, 164 of 164 stubs fail"
  std::string sentence() const;
};
SuiteCheck verify_suite(const Suite& suite, Executor& executor, unsigned threads = 0);

}  // namespace abgate::quality
