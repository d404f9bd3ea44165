#pragma once

#include <stop_token>
#include <thread>

namespace abgate::cli {

/// While it lives, SIGINT and SIGTERM ask the run to stop (what is measured is kept); a second
/// signal ends the process with 130 at once. Create it before any other thread.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  bool requested() const { return source_.stop_requested(); }

 private:
  std::stop_source source_;
  std::jthread waiter_;
};

}  // namespace abgate::cli
