#pragma once
// The committed files, one of each real shape.

#include <string>

#include "source_dir.hpp"

inline std::string fixture(const std::string& name) {
  return source_dir() + "/tests/dataset/data/" + name;
}
