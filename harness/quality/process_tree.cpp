#include "quality/process_tree.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace abgate::quality {

namespace {

namespace fs = std::filesystem;

std::string read_all(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::size_t resident(pid_t pid) {
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::istringstream fields(read_all(fmt::format("/proc/{}/statm", pid)));
  std::size_t total = 0, pages = 0;
  fields >> total >> pages;
  return pages * page;
}

}  // namespace

std::vector<pid_t> processes_of(pid_t root, std::size_t* threads) {
  std::vector<pid_t> found{root};
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::error_code gone;
    for (fs::directory_iterator task(fmt::format("/proc/{}/task", found[i]), gone), end;
         !gone && task != end; task.increment(gone)) {
      if (threads != nullptr) ++*threads;
      std::istringstream children(read_all(task->path() / "children"));
      for (pid_t child = 0; children >> child;) found.push_back(child);
    }
  }
  return found;
}

TreeUse measure_tree(pid_t root) {
  TreeUse use;
  for (const pid_t pid : processes_of(root, &use.threads)) use.resident_bytes += resident(pid);
  return use;
}

std::size_t threads_of_user(uid_t user) {
  std::size_t threads = 0;
  std::error_code gone;
  for (fs::directory_iterator entry("/proc", gone), end; !gone && entry != end;
       entry.increment(gone)) {
    const std::string name = entry->path().filename();
    struct stat about {};
    if (name.empty() || name[0] < '0' || name[0] > '9') continue;
    if (stat(entry->path().c_str(), &about) != 0 || about.st_uid != user) continue;
    std::error_code ignored;
    const auto tasks = fs::directory_iterator(entry->path() / "task", ignored);
    if (!ignored) threads += static_cast<std::size_t>(std::distance(begin(tasks), end));
  }
  return threads;
}

}  // namespace abgate::quality
