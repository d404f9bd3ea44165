#pragma once
// Before any request: the tests of the quality suite must tell right from wrong on this machine.

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "cli/session.hpp"

namespace abgate::cli {

struct GraderCheck {
  /// For the report: how many passed, in which sandbox; or why nothing can be executed; empty if no
  /// item has tests.
  std::string line;
  std::string verdicts;  ///< what was found, as lines of a cache file
};

/// Runs reference and stub of every item with tests in the sandbox. `cache` keeps the verdicts
/// (verdict_cache_file(); empty: memory only); `note` gets progress lines; `not_done` ends the
/// message of a failure. Throws Error(void_run), with the items, where a reference fails or a stub
/// passes.
GraderCheck check_tests(const Suite& suite, const std::string& cache,
                        const std::function<void(const std::string&)>& note,
                        const std::stop_token& stop, std::string_view not_done);

/// The same for the items that the plan sends.
GraderCheck check_grader(const Session& session, const std::string& cache,
                         const std::function<void(const std::string&)>& note,
                         const std::stop_token& stop);

/// The same for prepare_to_drive(): says how far it is, and leaves the result to the check of the run
/// itself, which finds the verdicts in the cache.
std::function<void(const Session&)> grader_first(
    const std::function<void(const std::string&)>& note, const std::stop_token& stop);

}  // namespace abgate::cli
