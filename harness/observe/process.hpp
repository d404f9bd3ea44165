#pragma once

#include <stop_token>
#include <string>

#include "core/time.hpp"

namespace abgate::observe {

struct ProcessResult {
  int status = 0;          ///< exit status; 128 + n if signal n ended it
  bool timed_out = false;  ///< it and its children were killed
  std::string out, err;    ///< at most 1 MiB each
};

/// Runs `command` with /bin/sh in a process group of its own, standard input closed. Safe from any
/// thread. A stop request ends it like a timeout. Throws Error(internal) only if no process can be
/// started.
ProcessResult run_process(const std::string& command, Duration timeout,
                          const std::stop_token& stop = {});

}  // namespace abgate::observe
