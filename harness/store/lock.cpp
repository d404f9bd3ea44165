#include "store/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "core/error.hpp"
#include "store/files.hpp"

namespace abgate::store {

namespace {
std::string content(int fd) {
  std::array<char, 256> text{};
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  std::string out(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out.empty() ? "somebody who has not written a name yet" : printable(out, 200);
}
}  // namespace

Lock::Lock(std::string path, const std::string& run_id) : path_(std::move(path)) {
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  if (!folder.empty()) make_folders(folder);
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    throw Error(ExitCode::void_run,
                fmt::format("{}: cannot open the lock: {}", path_, std::strerror(errno)));
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string holder = content(fd_);
    ::close(std::exchange(fd_, -1));
    if (error != EWOULDBLOCK) {
      throw Error(ExitCode::void_run,
                  fmt::format("{}: cannot lock: {}", path_, std::strerror(error)));
    }
    throw Error(ExitCode::locked, fmt::format("{}: held by {}; wait until it ends", path_, holder));
  }
  const std::string text = fmt::format("run {} pid {}\n", run_id, ::getpid());
  const bool written = ::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, text.data(), text.size(), 0) > 0;
  static_cast<void>(written);  // the name is for people; the lock itself holds
}

Lock::~Lock() {
  if (fd_ < 0) return;
  const bool emptied =
      ::ftruncate(fd_, 0) == 0;  // the file stays: unlinking it would let two hold it
  static_cast<void>(emptied);
  ::close(fd_);
}

}  // namespace abgate::store
