#pragma once
// The programs that run inside the sandbox, next to the candidate. Each takes the nonce from
// descriptor 3 (all but Python's after asking for it on descriptor 4) and writes
// "<nonce> <class>\n<detail>" to descriptor 4; a verdict without the nonce is never a pass.

namespace abgate::quality {

/// Runs as driver.py, beside program.py; descriptor 3 holds a JSON object: nonce, mode ("apart" or
/// "together"), tests, checks (what follows them, together only), entry_point, reference (program),
/// prompt.
extern const char* const kPythonDriver;
/// Runs as driver.js, beside program.js (program and tests). Class names as RunClass.
extern const char* const kNodeDriver;
/// Runs as driver.sh, beside program.sh (program and tests).
extern const char* const kBashDriver;
/// Runs as driver.sh, beside program.cpp (program and tests) and guard.c.
extern const char* const kCppDriver;
/// guard.c: wraps main() so that the nonce comes back only if main returned 0, and after the checks
/// that found no place in it.
extern const char* const kCppGuard;

/// Check many programs at once: files p0, p1, … of the language; each prints "<number> <ok|bad>".
extern const char* const kPythonSyntax;
extern const char* const kNodeSyntax;
extern const char* const kBashSyntax;
extern const char* const kGoSyntax;
extern const char* const kRustSyntax;
extern const char* const kCppSyntax;

}  // namespace abgate::quality
