#pragma once
// Servers and commands that answer as told, and remember what they were asked.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "observe/command.hpp"
#include "observe/fetch.hpp"

namespace abgate::observe {

class FakeFetcher : public Fetcher {
 public:
  std::map<std::string, FetchResult> answers;  ///< by URL; others: connection refused

  FetchResult get(const FetchRequest& request, std::stop_token) override {
    const std::lock_guard lock(mutex_);
    asked_.push_back(request);
    const auto answer = answers.find(request.url);
    return answer == answers.end() ? FetchResult{0, "", "connection refused", ""} : answer->second;
  }
  std::string last_header(const std::string& name) {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, value] : asked_.back().headers) {
      if (key == name) return value;
    }
    return "";
  }
  std::vector<FetchRequest> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  std::vector<FetchRequest> asked_;
};

class FakeRunner : public CommandRunner {
 public:
  std::function<CommandResult(const std::vector<std::string>&)> answer;

  CommandResult run(const std::vector<std::string>& argv, Duration, std::stop_token) override {
    const std::lock_guard lock(mutex_);
    asked_.push_back(argv);
    return answer(argv);
  }
  std::vector<std::vector<std::string>> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::vector<std::string>> asked_;
};

}  // namespace abgate::observe
