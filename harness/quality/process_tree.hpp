#pragma once
// What a process and its descendants use, from /proc.

#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace abgate::quality {

struct TreeUse {
  std::size_t threads = 0;
  std::size_t resident_bytes = 0;  ///< pages shared within the tree are counted once per process
};
/// Use of `root` and its descendants; what vanishes meanwhile is not counted.
TreeUse measure_tree(pid_t root);

/// `root` and its descendants, parents first; adds their threads to `threads` unless it is null.
std::vector<pid_t> processes_of(pid_t root, std::size_t* threads = nullptr);

/// Threads of all processes of a user: what RLIMIT_NPROC is compared with.
std::size_t threads_of_user(uid_t user);

/// What a name counts for, however little is in its file: empty files fill a disk as well.
inline constexpr std::size_t kBytesPerName = 4096;
/// Bytes of all files below a directory, and kBytesPerName for each name. However deep it is, few
/// descriptors are open at a time; what lies below kDeepest directories is not looked at.
std::size_t bytes_below(const char* directory);
inline constexpr int kDeepest = 64;
/// Bytes of the files that processes of the tree hold open although they have no name any more.
std::size_t bytes_deleted(pid_t root);
/// kBytesPerName for each name in the file system that `directory` is, as seen by the youngest
/// descendants of `root`; 0 if we may not look.
std::size_t bytes_of_names(pid_t root, const char* directory);

/// Removes a directory and all below it, whatever the modes and however deep, with few descriptors;
/// follows no link. Best effort.
void remove_tree(const char* directory);

}  // namespace abgate::quality
