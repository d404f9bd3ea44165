#pragma once
// Before any request: the tests of the quality suite must tell right from wrong on this machine.

#include <functional>
#include <stop_token>
#include <string>

#include "cli/session.hpp"

namespace abgate::cli {

/// Where the verdicts of a folder of runs are kept, so that the next run need not execute them.
std::string grader_cache(const std::string& out);

/// Runs reference and stub of every planned quality item with tests in the sandbox. `cache` keeps
/// the verdicts (empty: memory only); `note` gets progress lines. Returns one line for the report:
/// how many passed, in which sandbox; or why nothing can be executed; empty if no item has tests.
/// Throws Error(void_run), with the items, where a reference fails or a stub passes.
std::string check_grader(const Session& session, const std::string& cache,
                         const std::function<void(const std::string&)>& note,
                         const std::stop_token& stop);

/// The same for prepare_to_drive(): says how far it is, and leaves the result to the check of the run
/// itself, which finds the verdicts in the cache beside `out`.
std::function<void(const Session&)> grader_first(
    const std::string& out, const std::function<void(const std::string&)>& note,
    const std::stop_token& stop);

}  // namespace abgate::cli
