#pragma once
// What a process and its descendants use, from /proc.

#include <sys/types.h>

#include <cstddef>

namespace abgate::quality {

struct TreeUse {
  std::size_t threads = 0;
  std::size_t resident_bytes = 0;  ///< pages shared within the tree are counted once per process
};
/// Use of `root` and its descendants; what vanishes meanwhile is not counted.
TreeUse measure_tree(pid_t root);

/// Threads of all processes of a user: what RLIMIT_NPROC is compared with.
std::size_t threads_of_user(uid_t user);

/// Bytes of all files below a directory.
std::size_t bytes_below(const char* directory);

}  // namespace abgate::quality
