// The server of tools/bench/client.sh: events at a pace, each with the moment of its write.
// paced_server EVENTS_PER_SECOND_AND_STREAM PORT [THREADS]: 0 events/s is unpaced; several threads
// need a port and share it.

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include "http/null_endpoint.hpp"

int main(int argc, char** argv) try {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const double rate = argc > 1 ? std::atof(argv[1]) : 50;
  const int port = argc > 2 ? std::atoi(argv[2]) : 0;
  const int threads = argc > 3 ? std::atoi(argv[3]) : 1;
  std::vector<std::unique_ptr<abgate::http::NullEndpoint>> endpoints;
  for (int i = 0; i < threads; ++i) {
    endpoints.push_back(std::make_unique<abgate::http::NullEndpoint>(rate, static_cast<std::uint16_t>(port)));
  }
  std::vector<std::jthread> others;
  for (int i = 1; i < threads; ++i) {
    others.emplace_back([endpoint = endpoints[static_cast<std::size_t>(i)].get()] { endpoint->serve(); });
  }
  std::printf("%d\n", endpoints.front()->port());
  std::fflush(stdout);
  endpoints.front()->serve();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
