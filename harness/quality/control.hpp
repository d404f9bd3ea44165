#pragma once
// The negative control: where tests run in the candidate's own process, a program can make them
// hold whatever they say. So checks of the very kinds that the tests use follow them. In the run
// that is judged they hold; a program that passed is run once more with checks that must fail.
// Only a program that fails exactly there has shown that its tests could have failed. Both runs
// look alike but for numbers drawn anew each time. Internal to the room.
//
// What this cannot find, since program and tests share one process: a program that reads its own
// source (or its binary), works out whether the checks hold this time, and plays both parts; one
// that changes what the tests compute with (Array.prototype.map, a shell function called wc) and
// not how they say no; a value that claims to equal whatever it is compared with (C++: its own
// operator==; Python where tests cannot run apart: __eq__).

#include <cstdint>
#include <string>

#include "core/suite.hpp"
#include "quality/sandbox.hpp"

namespace abgate::quality {

enum class Checks : std::uint8_t { hold, fail };

/// What runs: program and tests with the checks behind them.
struct ControlledProgram {
  std::string text;    ///< program, tests and checks; empty for Python, whose driver joins them
  std::string checks;  ///< Python statements that follow the tests
  std::string marker;  ///< what a check that fails says; drawn anew, so that nothing else says it
  int status = 0;      ///< with what it ends where the tests know no assertions, only exit
};
ControlledProgram with_checks(const SuiteItem& item, const std::string& program, Checks checks);

/// Whether a run of a program with Checks::fail ended by those checks, and by nothing else.
bool failed_at_checks(const ControlledProgram& program, const SandboxResult& result,
                      const std::string& language);

}  // namespace abgate::quality
