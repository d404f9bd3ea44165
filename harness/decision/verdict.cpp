#include "decision/verdict.hpp"

namespace abgate::decision {

std::string_view to_string(Result result) {
  switch (result) {
    case Result::pass:
      return "PASS";
    case Result::fail:
      return "FAIL";
    case Result::inconclusive:
      return "INCONCLUSIVE";
  }
  return "?";
}

std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::go:
      return "GO";
    case Decision::no_go:
      return "NO-GO";
    case Decision::inconclusive:
      return "INCONCLUSIVE";
    case Decision::void_run:
      return "VOID";
  }
  return "?";
}

ExitCode exit_code(Decision decision) {
  switch (decision) {
    case Decision::go:
      return ExitCode::go;
    case Decision::no_go:
      return ExitCode::no_go;
    case Decision::inconclusive:
      return ExitCode::inconclusive;
    case Decision::void_run:
      return ExitCode::void_run;
  }
  return ExitCode::internal;
}

ExitCode exit_code(const Verdict& verdict) {
  return verdict.decision == Decision::go && verdict.regressed ? ExitCode::go_but_regressed
                                                               : exit_code(verdict.decision);
}

}  // namespace abgate::decision
