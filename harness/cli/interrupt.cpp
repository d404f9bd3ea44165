#include "cli/interrupt.hpp"

#include <unistd.h>
#include <csignal>
#include <ctime>

namespace abgate::cli {

namespace {
sigset_t signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}
}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);  // later threads inherit it: only the waiter sees them
  waiter_ = std::jthread([this](const std::stop_token& ending) {
    const sigset_t waited = signals();
    while (!ending.stop_requested()) {
      const timespec tick{0, 200'000'000};
      if (sigtimedwait(&waited, nullptr, &tick) < 0) continue;
      if (source_.stop_requested()) _exit(130);
      source_.request_stop();
    }
  });
}

Interrupt::~Interrupt() {
  waiter_.request_stop();
  waiter_.join();
  const sigset_t set = signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace abgate::cli
