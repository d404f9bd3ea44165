#pragma once
#include <fstream>
#include <sstream>
#include <string>

/// A file of tests/observe/data.
inline std::string data_file(const std::string& name) {
  std::ifstream in(std::string(ABGATE_SOURCE_DIR) + "/tests/observe/data/" + name,
                   std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}
