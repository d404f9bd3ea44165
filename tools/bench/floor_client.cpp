// The least a client can do: one epoll set, recv, find the ends of events, stamp.
// floor_client PORT STREAMS EVENTS AFTER_S WINDOW_S

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "sampling.hpp"

namespace {

using namespace abgate::bench;
constexpr std::size_t kStampAt = 27;  // after the event's `data: {"choices":[{"text":"`
constexpr std::string_view kData = "data: {";

struct Stream {
  std::string rest;  ///< an event that is not whole yet
  bool done = false;
};

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror("connect");
    std::exit(1);
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// Chunk framing is skipped, not parsed: what lies between events does not look like one.
void split(Stream& stream, std::string_view bytes, std::int64_t at, std::vector<Received>& out) {
  if (!stream.rest.empty()) {
    stream.rest.append(bytes);
    bytes = stream.rest;
  }
  while (true) {
    const std::size_t end = bytes.find("\n\n");
    if (end == std::string_view::npos) break;
    const std::string_view event = bytes.substr(0, end);
    const std::size_t data = event.find(kData);
    if (data != std::string_view::npos) {
      std::int64_t sent = 0;
      for (std::size_t i = 0; i < 20; ++i) sent = sent * 10 + (event[data + kStampAt + i] - '0');
      out.push_back({at, sent});
    } else if (event.find("[DONE]") != std::string_view::npos) {
      stream.done = true;
    }
    bytes.remove_prefix(end + 2);
  }
  std::string rest(bytes);
  stream.rest.swap(rest);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) return 2;
  const int port = std::atoi(argv[1]);
  const auto streams = static_cast<std::size_t>(std::atoi(argv[2]));
  const std::string events = argv[3];
  const std::string body = "{\"max_tokens\":" + events + "}";
  const std::string request = "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  std::vector<Received> arrivals;
  arrivals.reserve(streams * static_cast<std::size_t>(std::atoi(argv[3])));
  const int set = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Stream> by_fd;
  std::vector<int> fds;
  for (std::size_t i = 0; i < streams; ++i) {
    const int fd = connect_to(port);
    if (by_fd.size() <= static_cast<std::size_t>(fd)) by_fd.resize(static_cast<std::size_t>(fd) + 64);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
    fds.push_back(fd);
  }
  const long before = resident_bytes();
  Window window;
  std::thread sampler = window.sample(std::atof(argv[4]), std::atof(argv[5]));
  for (const int fd : fds) {
    if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return 1;
  }
  std::vector<char> buffer(64 * 1024);
  std::array<epoll_event, 256> ready;
  std::size_t open = streams;
  while (open > 0) {
    const int n = epoll_wait(set, ready.data(), 256, -1);
    for (int i = 0; i < n; ++i) {
      const int fd = ready[static_cast<std::size_t>(i)].data.fd;
      const ssize_t got = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got < 0) continue;
      if (got == 0) return 1;
      Stream& stream = by_fd[static_cast<std::size_t>(fd)];
      split(stream, {buffer.data(), static_cast<std::size_t>(got)}, clock_ns(), arrivals);
      if (stream.done) {
        stream.done = false;
        --open;
      }
    }
  }
  sampler.join();
  print_result("floor (raw epoll)", streams, window, arrivals,
               (window.resident - before) / static_cast<long>(streams), 0);
}
