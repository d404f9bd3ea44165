#pragma once
// Fill-in-the-middle items from a source tree: private, unlimited, in no model's training data.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/suite.hpp"

namespace abgate::quality {

struct CarveOptions {
  std::uint64_t seed = 1;
  std::size_t per_file = 5;   ///< more holes of one file tell little more: they are one cluster
  std::size_t max_items = 0;  ///< 0: all; otherwise files in seeded order until it is reached
  std::size_t max_file_bytes = std::size_t{256} << 10;
  std::size_t prefix_bytes = 6000;     ///< context kept before the hole, from a line's begin
  std::size_t suffix_bytes = 3000;     ///< and behind it, to a line's end
  std::vector<std::string> languages;  ///< empty: all that are known
};

/// What carve() left out, for one line to the user.
struct CarveReport {
  std::size_t files = 0;  ///< that gave items
  std::size_t skipped =
      0;  ///< unknown language, too large, no UTF-8, minified, special tokens, no hole
};

/// Items of the categories "fim-line", "fim-multi-line", "fim-block" and "fim-call" (call
/// arguments), clustered by file. The same tree and seed give the same suite. Hidden files,
/// symbolic links and folders of dependencies and builds are not entered. Throws DataError if
/// `directory` is none or gives no item.
Suite carve(const std::string& directory, const CarveOptions& options = {},
            CarveReport* report = nullptr);

/// The holes of one file's text, for carve(): offsets of the part to be filled in.
struct Hole {
  std::size_t begin = 0, end = 0;
  const char* category = "";
};
std::vector<Hole> find_holes(const std::string& text, const std::string& language);

}  // namespace abgate::quality
