#include "cli/cache_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "core/error.hpp"

namespace abgate::cli {

namespace {

constexpr off_t kMostBytes = off_t{64} << 20;

/// The user's folder for caches; empty: none is known.
std::string cache_home() {
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  if (xdg != nullptr && *xdg == '/') return xdg;  // the specification has others ignored
  const char* home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? std::string(home) + "/.cache" : "";
}

/// Why what `fd` is cannot be trusted; empty: it is ours alone.
std::string distrust(int fd, mode_t kind, const char* what) {
  struct stat is {};
  if (fstat(fd, &is) != 0) return std::strerror(errno);
  if ((is.st_mode & S_IFMT) != kind) return fmt::format("no {}", what);
  if (is.st_uid != geteuid()) return fmt::format("a {} of another user", what);
  if ((is.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fmt::format("a {} that others may write to", what);
  return {};
}

struct OpenFile {
  int fd = -1;
  explicit OpenFile(int number) : fd(number) {}
  ~OpenFile() {
    if (fd >= 0) close(fd);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
};

/// Makes folder and file, and looks at what is there; empty: both can be used.
std::string prepare_file(const std::string& folder, const char* name) {
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(folder).parent_path(), failed);
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return std::strerror(errno);
  const OpenFile directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (directory.fd < 0) return std::strerror(errno);
  if (std::string why = distrust(directory.fd, S_IFDIR, "folder"); !why.empty()) return why;
  // Never waits for the other end, should the name be a pipe.
  const OpenFile file(openat(directory.fd, name,
                             O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (file.fd < 0) return std::strerror(errno);
  if (std::string why = distrust(file.fd, S_IFREG, "file"); !why.empty()) return why;
  struct stat is {};
  if (fstat(file.fd, &is) == 0 && is.st_size > kMostBytes && ftruncate(file.fd, 0) != 0)
    return std::strerror(errno);
  return {};
}

}  // namespace

std::string verdict_cache_file(const std::function<void(const std::string&)>& note) {
  constexpr const char* kName = "verdicts.jsonl";
  const std::string home = cache_home();
  if (home.empty()) {
    note("note: verdicts of the suite's tests are not kept: neither XDG_CACHE_HOME nor HOME names a "
         "folder");
    return {};
  }
  const std::string folder = home + "/abgate";
  const std::string why = prepare_file(folder, kName);
  if (why.empty()) return folder + "/" + kName;
  note(fmt::format("note: verdicts of the suite's tests are not kept: {}/{}: {}",
                   printable(folder, 200), kName, why));
  return {};
}

}  // namespace abgate::cli
