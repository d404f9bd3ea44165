#pragma once
// How each language is run in the sandbox. Internal to the room.

#include <string>
#include <string_view>

#include "core/suite.hpp"
#include "quality/control.hpp"
#include "quality/sandbox.hpp"

namespace abgate::quality {

/// Where Python tests run: in a trusted process that calls the candidate over a pipe, or in the
/// candidate's own (drivers.hpp). Other languages know only `together`.
enum class TestPlace { apart, together };

/// Program of the language that must be installed ("python3", "g++", …); empty if it cannot be run.
std::string_view interpreter_of(std::string_view language);
/// Program that parses a language without running it; empty for a language that has none here. More
/// languages are parsed than executed.
std::string_view parser_of(std::string_view language);

/// The job that runs `program` against the item's tests. `nonce` must come back. `controlled` is of
/// the same program; it means nothing where the tests run apart.
SandboxJob make_job(const SuiteItem& item, const std::string& program,
                    const ControlledProgram& controlled, TestPlace place, const std::string& nonce,
                    const Limits& limits);

/// The job that checks the syntax of `count` files p0, p1, … which the caller adds.
SandboxJob make_syntax_job(std::string_view language, std::size_t count);

}  // namespace abgate::quality
