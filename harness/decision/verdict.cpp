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

}  // namespace abgate::decision
