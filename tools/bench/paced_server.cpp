// The server of tools/bench/client.sh: events at a pace, each with the moment of its write.
// paced_server EVENTS_PER_SECOND_AND_STREAM PORT (0: unpaced)

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "http/null_endpoint.hpp"

int main(int argc, char** argv) try {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const double rate = argc > 1 ? std::atof(argv[1]) : 50;
  const int port = argc > 2 ? std::atoi(argv[2]) : 0;
  abgate::http::NullEndpoint endpoint(rate, static_cast<std::uint16_t>(port));
  std::printf("%d\n", endpoint.port());
  std::fflush(stdout);
  endpoint.serve();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
