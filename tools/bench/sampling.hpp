#pragma once
// What the benchmark clients have in common: CPU and memory of this process, and the result line.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

namespace abgate::bench {

inline std::int64_t clock_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

/// User and system CPU of all threads.
inline double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

inline long resident_bytes() {
  long size = 0;
  long resident = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &size, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * sysconf(_SC_PAGESIZE);
}

/// A window in the steady state of a run: sampled by a thread that sleeps otherwise.
struct Window {
  std::int64_t begin = 0, end = 0;  ///< clock_ns
  double cpu_begin = 0, cpu_end = 0;
  long resident = 0;  ///< at `begin`

  std::thread sample(double after_s, double length_s) {
    return std::thread([this, after_s, length_s] {
      std::this_thread::sleep_for(std::chrono::duration<double>(after_s));
      begin = clock_ns();
      cpu_begin = cpu_seconds();
      resident = resident_bytes();
      std::this_thread::sleep_for(std::chrono::duration<double>(length_s));
      end = clock_ns();
      cpu_end = cpu_seconds();
    });
  }
};

/// One event received.
struct Received {
  std::int64_t at, sent;
};

/// Prints one JSON line about the events of the window.
inline void print_result(const char* client, std::size_t streams, const Window& window,
                         const std::vector<Received>& arrivals, long bytes_per_stream,
                         std::size_t failed) {
  std::vector<std::int64_t> errors;
  for (const Received& a : arrivals) {
    if (a.at >= window.begin && a.at < window.end) errors.push_back(a.at - a.sent);
  }
  std::sort(errors.begin(), errors.end());
  const auto at = [&](double q) {
    if (errors.empty()) return 0.0;
    return static_cast<double>(
               errors[static_cast<std::size_t>(q * static_cast<double>(errors.size() - 1))]) *
           1e-3;
  };
  const double cpu = window.cpu_end - window.cpu_begin;
  const double wall = static_cast<double>(window.end - window.begin) * 1e-9;
  const double n = std::max<double>(1, static_cast<double>(errors.size()));
  std::printf(
      "{\"client\": \"%s\", \"streams\": %zu, \"cpu_us_per_event\": %.3f, \"events_per_s\": %.0f, "
      "\"cpu_percent\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"bytes_per_stream\": %ld, "
      "\"failed\": %zu}\n",
      client, streams, cpu * 1e6 / n, n / wall, 100 * cpu / wall, at(0.5), at(0.99),
      bytes_per_stream, failed);
}

}  // namespace abgate::bench
