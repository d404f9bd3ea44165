#pragma once
// Reference implementations, run live on request: ABGATE_LIVE_ORACLE names a Python that has the
// packages which oracles/make_*.py import. ABGATE_LIVE_SEED (a whole number) chooses other rows.

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "source_dir.hpp"

namespace oracle {

inline std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

inline std::vector<std::string> lines_of_gz(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::string text;
  std::array<char, 65536> chunk;
  for (int n = 0; file != nullptr && (n = gzread(file, chunk.data(), chunk.size())) > 0;)
    text.append(chunk.data(), static_cast<std::size_t>(n));
  if (file != nullptr) gzclose(file);
  return split(text);
}

/// The seed of the rows that live() asks for.
inline std::string seed() {
  const char* chosen = std::getenv("ABGATE_LIVE_SEED");
  return chosen != nullptr ? chosen : "1000000";
}

/// `count` rows of the script, made now; absent where nobody asked for it.
inline std::optional<std::vector<std::string>> live(const std::string& script, int count) {
  const char* python = std::getenv("ABGATE_LIVE_ORACLE");
  if (python == nullptr) {
    std::cerr << "skipped: ABGATE_LIVE_ORACLE=PYTHON runs " << script << " live\n";
    return std::nullopt;
  }
  const std::string command = "'" + std::string(python) + "' " + source_dir() +
                              "/tests/quality/oracles/" + script + " --live " + seed() + " " +
                              std::to_string(count);
  FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  std::array<char, 65536> chunk;
  for (std::size_t n = 0; pipe != nullptr && (n = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;)
    text.append(chunk.data(), n);
  if (pipe == nullptr || pclose(pipe) != 0) text.clear();
  return split(text);
}

}  // namespace oracle
