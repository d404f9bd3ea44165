// Files of a sandboxed program: how much there is, and how it goes (process_tree.hpp). The program
// chose names, modes and depth, so nothing here trusts any of them.

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "quality/process_tree.hpp"

namespace abgate::quality {

namespace {

struct Close {
  void operator()(DIR* d) const { closedir(d); }
};
using Listing = std::unique_ptr<DIR, Close>;

/// Null if it cannot be opened; follows no link.
Listing list(int parent, const char* name) {
  const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return nullptr;
  Listing listing(fdopendir(fd));
  if (!listing) close(fd);
  return listing;
}

/// The next name but "." and ".."; null at the end.
const char* next(const Listing& listing) {
  while (const dirent* entry = readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return entry->d_name;
  }
  return nullptr;
}

std::size_t bytes_in(int parent, const char* name, int depth) {
  const Listing listing = list(parent, name);
  if (!listing) return 0;
  std::size_t bytes = 0;
  while (const char* child = next(listing)) {
    bytes += kBytesPerName;
    struct stat about {};
    if (fstatat(dirfd(listing.get()), child, &about, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISREG(about.st_mode)) bytes += static_cast<std::size_t>(about.st_size);
    if (S_ISDIR(about.st_mode) && depth < kDeepest) {
      bytes += bytes_in(dirfd(listing.get()), child, depth + 1);
    }
  }
  return bytes;
}

/// Empties `top`: a directory that is not empty has its content moved up beside it first, so that
/// no depth needs more than two descriptors.
class Remover {
 public:
  explicit Remover(int top) : top_(top) {
    // The program must not have taken the names already.
    static_cast<void>(!getrandom(&raised_, sizeof raised_, 0));
  }

  void run() {
    for (bool again = true; again;) {
      again = false;
      const Listing listing = list(top_, ".");
      while (listing) {
        const char* name = next(listing);
        if (name == nullptr) break;
        again |= remove(name);
      }
    }
  }

 private:
  /// Whether anything was gained.
  bool remove(const char* name) {
    if (unlinkat(top_, name, 0) == 0 || unlinkat(top_, name, AT_REMOVEDIR) == 0) return true;
    if (errno != ENOTEMPTY && errno != EEXIST && errno != EACCES) return false;
    make_usable(top_, name);
    const Listing listing = list(top_, name);
    if (!listing) return false;
    bool gained = false;
    while (const char* child = next(listing)) gained |= raise(dirfd(listing.get()), child);
    return unlinkat(top_, name, AT_REMOVEDIR) == 0 || gained;
  }

  bool raise(int from, const char* child) {
    if (unlinkat(from, child, 0) == 0) return true;
    make_usable(from, child);  // a directory that changes its parent is written to
    return renameat(from, child, top_, fmt::format("{:016x}", ++raised_).c_str()) == 0;
  }

  /// Only the owner's bits, and of directories alone.
  static void make_usable(int parent, const char* name) {
    struct stat about {};
    if (fstatat(parent, name, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(about.st_mode)) return;
    if ((about.st_mode & S_IRWXU) != S_IRWXU) fchmodat(parent, name, S_IRWXU, 0);
  }

  int top_;
  std::uint64_t raised_ = 0;
};

}  // namespace

std::size_t bytes_below(const char* directory) {
  return bytes_in(AT_FDCWD, directory, 0);
}

std::size_t bytes_deleted(pid_t root) {
  std::size_t bytes = 0;
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const pid_t pid : processes_of(root)) {
    const Listing listing = list(AT_FDCWD, fmt::format("/proc/{}/fd", pid).c_str());
    while (listing) {
      const char* name = next(listing);
      if (name == nullptr) break;
      struct stat about {};
      if (fstatat(dirfd(listing.get()), name, &about, 0) != 0) continue;
      if (!S_ISREG(about.st_mode) || about.st_nlink != 0) continue;
      if (seen.emplace(about.st_dev, about.st_ino).second)
        bytes += static_cast<std::size_t>(about.st_size);
    }
  }
  return bytes;
}

std::size_t bytes_of_names(pid_t root, const char* directory) {
  const std::vector<pid_t> processes = processes_of(root);
  const std::string inside = fmt::format("/proc/{}/root{}", processes.back(), directory);
  struct statvfs about {};
  if (processes.size() < 2 || statvfs(inside.c_str(), &about) != 0) return 0;
  return static_cast<std::size_t>(about.f_files - std::min(about.f_ffree, about.f_files)) *
         kBytesPerName;
}

void remove_tree(const char* directory) {
  const int top = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (top < 0) {
    if (errno != EACCES || chmod(directory, S_IRWXU) != 0) return;
    return remove_tree(directory);
  }
  fchmod(top, S_IRWXU);
  Remover(top).run();
  close(top);
  rmdir(directory);
}

}  // namespace abgate::quality
