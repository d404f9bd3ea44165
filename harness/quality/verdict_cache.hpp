#pragma once
// One verdict per program, however often it is asked for. Internal to the room.

#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "quality/execute.hpp"

namespace abgate::quality {

/// SHA-256 of the parts (each with its length, so that they cannot run together), 64 hex digits.
std::string content_key(const std::vector<std::string_view>& parts);

/// Thread-safe. Who asks for a key that is being computed waits for that result.
class VerdictCache {
 public:
  /// Reads `file` if there is one and appends to it; empty: memory only. Lines that cannot be read
  /// (a run was killed while writing) are left out.
  explicit VerdictCache(std::string file);

  /// `compute` is called at most once per key, unless it gave infra_error.
  RunVerdict get(const std::string& key, const std::function<RunVerdict()>& compute);

  /// The lines of a cache file with what get() was asked for so far.
  std::string lines_asked();

  /// What is known already; waits for one that is being computed.
  std::optional<RunVerdict> find(const std::string& key);
  /// Keeps a verdict that was made elsewhere, unless there is one.
  void put(const std::string& key, const RunVerdict& verdict);

 private:
  void append(const std::string& key, const RunVerdict& verdict);

  std::string file_;
  std::mutex mutex_;
  std::map<std::string, std::shared_future<RunVerdict>> verdicts_;
  std::set<std::string> asked_;
};

}  // namespace abgate::quality
