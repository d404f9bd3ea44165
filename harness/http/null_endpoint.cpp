#include "http/null_endpoint.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <queue>

#include "core/error.hpp"

namespace abgate::http {

namespace {

constexpr std::size_t kEventBytes = 300;
constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kTail = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
constexpr std::string_view kBeforeStamp = R"(data: {"choices":[{"text":")";
/// Fractional parts of its multiples spread evenly over [0, 1).
constexpr double kGolden = 0.6180339887498949;

/// One event as a chunk, with zeros where the stamp goes.
std::string make_chunk(std::string_view finish_reason) {
  std::string event = fmt::format(
      R"({}{:0{}}","index":0,"logprobs":null,"finish_reason":{}}}],"id":"cmpl-null","object":"text_completion","created":1700000000,"model":"null","system_fingerprint":")",
      kBeforeStamp, 0, NullEndpoint::kStampDigits, finish_reason);
  constexpr std::string_view end = "\"}\n\n";
  event.append(kEventBytes - event.size() - end.size(), '-');
  event += end;
  return fmt::format("{:x}\r\n{}\r\n", event.size(), event);
}

void write_digits(char* to, std::int64_t value) {
  for (std::size_t i = NullEndpoint::kStampDigits; i-- > 0; value /= 10) {
    to[i] = static_cast<char>('0' + value % 10);
  }
}

/// The number after `name` in a head or a body; `otherwise` if it is not there.
std::size_t number_after(std::string_view text, std::string_view name, std::size_t otherwise) {
  std::size_t at = text.find(name);
  if (at == std::string_view::npos) return otherwise;
  at = text.find_first_not_of(" :\"", at + name.size());
  if (at == std::string_view::npos) return otherwise;
  std::size_t value = otherwise;
  std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

struct Peer {
  std::string in;       // a request that is not whole yet
  std::string pending;  // what the socket did not take
  std::size_t left = 0;
  std::uint64_t serial = 0;
};

struct Due {
  TimePoint at;
  int fd;
  std::uint64_t serial;
  bool operator>(const Due& other) const { return at > other.at; }
};

[[noreturn]] void refuse(const char* what) {
  throw Error(ExitCode::internal, fmt::format("null endpoint: {}: {}", what, strerror(errno)));
}

}  // namespace

struct NullEndpoint::Impl {
  double rate;
  Duration interval{0};
  int listener = -1;
  int epoll = -1;
  int waker = -1;
  std::uint16_t port = 0;
  std::vector<std::unique_ptr<Peer>> peers;  // by descriptor
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due;
  std::uint64_t serial = 0;
  std::string chunk = make_chunk("null");
  std::string last_chunk = make_chunk("\"length\"");
  std::size_t stamp_at = chunk.find("\r\n") + 2 + kBeforeStamp.size();
  std::string out;
  std::vector<char> buffer = std::vector<char>(64 * 1024);

  ~Impl() {
    for (std::size_t fd = 0; fd < peers.size(); ++fd) {
      if (peers[fd]) ::close(static_cast<int>(fd));
    }
    for (const int fd : {listener, epoll, waker}) {
      if (fd >= 0) ::close(fd);
    }
  }

  void watch(int fd, std::uint32_t events, int operation) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(epoll, operation, fd, &event);
  }

  void listen_on(std::uint16_t wanted) {
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    waker = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (listener < 0 || epoll < 0 || waker < 0) refuse("no descriptors");
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (wanted != 0) setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(wanted);
    socklen_t size = sizeof address;
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0) refuse("cannot bind");
    if (listen(listener, SOMAXCONN) != 0) refuse("cannot listen");
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    watch(listener, EPOLLIN, EPOLL_CTL_ADD);
    watch(waker, EPOLLIN, EPOLL_CTL_ADD);
  }

  void accept_all() {
    while (true) {
      const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const auto slot = static_cast<std::size_t>(fd);
      if (peers.size() <= slot) peers.resize(slot + 64);
      peers[slot] = std::make_unique<Peer>();
      watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void drop(int fd) {
    peers[static_cast<std::size_t>(fd)].reset();
    ::close(fd);
  }

  void send(int fd, Peer& peer, std::string_view bytes) const {
    std::size_t sent = 0;
    if (peer.pending.empty()) {
      const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      sent = n > 0 ? static_cast<std::size_t>(n) : 0;  // a broken peer shows when it is read
      if (sent < bytes.size()) watch(fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    }
    peer.pending.append(bytes.substr(sent));
  }

  void flush(int fd, Peer& peer) const {
    const ssize_t n = ::send(fd, peer.pending.data(), peer.pending.size(), MSG_NOSIGNAL);
    if (n > 0) peer.pending.erase(0, static_cast<std::size_t>(n));
    if (peer.pending.empty()) watch(fd, EPOLLIN, EPOLL_CTL_MOD);
  }

  void append_event(bool last) {
    std::string& made = last ? last_chunk : chunk;
    write_digits(made.data() + stamp_at, now().time_since_epoch().count());
    out += made;
    if (last) out += kTail;
  }

  void answer(int fd, Peer& peer, std::size_t events) {
    peer.left = std::max<std::size_t>(events, 1);
    peer.serial = ++serial;
    if (interval > Duration{0}) {
      send(fd, peer, kHead);
      const double phase = std::fmod(static_cast<double>(serial) * kGolden, 1.0);
      due.push({now() + from_seconds(to_seconds(interval) * phase), fd, serial});
      return;
    }
    out.assign(kHead);
    for (; peer.left > 0; --peer.left) append_event(peer.left == 1);
    send(fd, peer, out);
  }

  void read(int fd, Peer& peer) {
    const ssize_t n = recv(fd, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return drop(fd);
    peer.in.append(buffer.data(), static_cast<std::size_t>(n));
    const std::size_t head = peer.in.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const std::string_view all = peer.in;
    const std::size_t length = number_after(all.substr(0, head), "Content-Length", 0);
    if (all.size() < head + 4 + length) return;
    const std::size_t events = number_after(all.substr(head + 4, length), "\"max_tokens\"", 16);
    peer.in.erase(0, head + 4 + length);
    answer(fd, peer, events);
  }

  void send_due(TimePoint until) {
    while (!due.empty() && due.top().at <= until) {
      const Due next = due.top();
      due.pop();
      const auto& peer = peers[static_cast<std::size_t>(next.fd)];
      if (!peer || peer->serial != next.serial || peer->left == 0) continue;
      out.clear();
      append_event(--peer->left == 0);
      send(next.fd, *peer, out);
      if (peer->left > 0) due.push({next.at + interval, next.fd, next.serial});
    }
  }

  void serve() {
    std::array<epoll_event, 256> ready;
    while (true) {
      timespec wait{1, 0};
      if (!due.empty()) {
        const Duration left = std::max(due.top().at - now(), Duration{0});
        if (left < std::chrono::seconds(1)) wait = {0, static_cast<long>(left.count())};
      }
      const int n = epoll_pwait2(epoll, ready.data(), static_cast<int>(ready.size()), &wait,
                                 nullptr);
      for (int i = 0; i < n; ++i) {
        const auto& event = ready[static_cast<std::size_t>(i)];
        const int fd = event.data.fd;
        if (fd == waker) return;
        if (fd == listener) {
          accept_all();
          continue;
        }
        const auto& peer = peers[static_cast<std::size_t>(fd)];
        if (peer && (event.events & EPOLLOUT) != 0) flush(fd, *peer);
        if (peer && (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(fd, *peer);
      }
      send_due(now());
    }
  }
};

NullEndpoint::NullEndpoint(double events_per_second, std::uint16_t port)
    : impl_(std::make_unique<Impl>()) {
  impl_->rate = events_per_second;
  if (events_per_second > 0) impl_->interval = from_seconds(1 / events_per_second);
  impl_->listen_on(port);
}
NullEndpoint::~NullEndpoint() = default;

std::uint16_t NullEndpoint::port() const {
  return impl_->port;
}
std::string NullEndpoint::url() const {
  return fmt::format("http://127.0.0.1:{}/v1", impl_->port);
}
void NullEndpoint::serve() {
  impl_->serve();
}
void NullEndpoint::stop() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(impl_->waker, &one, sizeof one));
}

std::vector<Duration> stamp_errors(const RequestRecord& record) {
  const auto& events = record.stream.events;
  constexpr std::size_t width = NullEndpoint::kStampDigits;
  if (record.text.size() != events.size() * width) return {};
  std::vector<Duration> errors;
  errors.reserve(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const char* at = record.text.data() + i * width;
    std::int64_t sent = 0;
    const auto parsed = std::from_chars(at, at + width, sent);
    if (parsed.ec != std::errc() || parsed.ptr != at + width) return {};
    errors.push_back(record.stream.started.time_since_epoch() + events[i].at - Duration(sent));
  }
  return errors;
}

std::vector<Duration> gap_errors(const std::vector<Duration>& stamp_errors) {
  std::vector<Duration> errors;
  for (std::size_t i = 1; i < stamp_errors.size(); ++i) {
    errors.push_back(stamp_errors[i] - stamp_errors[i - 1]);
  }
  return errors;
}

}  // namespace abgate::http
