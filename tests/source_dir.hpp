#pragma once
// Where the sources are, for tests that read files of theirs.

#include <string>

/// The checkout's folder. Compiled in one place, so that every other object is the same in every
/// checkout and the compiler cache serves them all.
const std::string& source_dir();
