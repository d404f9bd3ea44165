#pragma once
// One run at a time.

#include <string>

namespace abgate::store {

/// Holds an flock on a file as long as it lives; the kernel lets go even after kill -9. The file's
/// content (run id, process id) only says who holds it.
class Lock {
 public:
  /// Throws Error (locked, 75) that names the holder if somebody else has it.
  Lock(std::string path, const std::string& run_id);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace abgate::store
