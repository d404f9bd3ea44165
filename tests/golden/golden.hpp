#pragma once
// Compares text with a file under tests/golden/. `tests/golden/approve.sh` accepts what changed.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "source_dir.hpp"

namespace abgate::test {

inline std::string golden_path(const std::string& name) {
  return source_dir() + "/tests/golden/" + name;
}

inline std::string first_difference(const std::string& expected, const std::string& actual) {
  std::istringstream a(expected), b(actual);
  std::string left, right;
  for (int line = 1;; ++line) {
    const bool more_a = static_cast<bool>(std::getline(a, left)),
               more_b = static_cast<bool>(std::getline(b, right));
    if (!more_a && !more_b) return "only the ends of lines differ";
    if (more_a != more_b || left != right) {
      return "line " + std::to_string(line) + "\n  approved: " + (more_a ? left : "(no line)") +
             "\n  received: " + (more_b ? right : "(no line)");
    }
  }
}

/// Fails with the first differing line. With ABGATE_APPROVE=1 in the environment it writes the file
/// instead.
inline void check_golden(const std::string& name, const std::string& actual) {
  const std::string path = golden_path(name);
  if (const char* approve = std::getenv("ABGATE_APPROVE");
      approve != nullptr && std::string(approve) == "1") {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream expected;
  expected << in.rdbuf();
  INFO("tests/golden/" << name << " (accept changes with tests/golden/approve.sh)");
  if (!in) FAIL("there is no such golden file");
  if (expected.str() != actual) FAIL(first_difference(expected.str(), actual));
  SUCCEED();
}

}  // namespace abgate::test
