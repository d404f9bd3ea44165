#include "source_dir.hpp"

const std::string& source_dir() {
  static const std::string folder = ABGATE_SOURCE_DIR;
  return folder;
}
