#pragma once
// The committed files, one of each real shape.

#include <string>

inline std::string fixture(const std::string& name) {
  return ABGATE_SOURCE_DIR "/tests/dataset/data/" + name;
}
