#include "http/wire_transport.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.hpp"
#include "http/curl_common.hpp"
#include "http/wire_state.hpp"

namespace abgate::http {

namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
/// More bytes that the parser cannot use are no header any more.
constexpr std::size_t kMaxHeld = kReadBytes / 2;
/// An idle connection is asked whether it still lives only after this: before, it was just used.
constexpr Duration kTrustIdle = std::chrono::milliseconds(100);

bool still_open(int fd) {
  char byte = 0;
  return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace

/// Hands the response of one request on, with the stamp of the read that brought it.
struct WireTransport::Reading final : ResponseSink {
  Reading(Request& the_request, load::TransferEvents& the_events, TimePoint stamp)
      : request(the_request), events(the_events), at(stamp) {}

  void on_head(int status, std::string_view content_type) override {
    request.status = status;
    events.on_headers(request.key, at, status, content_type);
  }
  void on_body(std::string_view bytes) override {
    events.on_bytes(request.key, at, bytes, std::exchange(same_read, true));
  }

  Request& request;
  load::TransferEvents& events;
  TimePoint at;
  bool same_read = false;
};

WireTransport::WireTransport(Loop& loop) : loop_(loop), buffer_(kReadBytes) {
  for (std::size_t i = 0; i < kArmCount; ++i) arms_.push_back(std::make_unique<ArmSlot>());
}

WireTransport::~WireTransport() {
  for (auto& connection : connections_) {
    if (connection) close(*connection);
  }
}

void WireTransport::set_endpoint(Arm arm, const Endpoint& endpoint) {
  ABGATE_ASSERT(!endpoint.url.tls() && !endpoint.address.empty());
  auto slot = std::make_unique<ArmSlot>(arm, endpoint);
  std::swap(arms_[index_of(arm)], slot);
  for (auto& connection : connections_) {
    if (connection && connection->arm == slot.get()) close(*connection);
  }
}

void WireTransport::start(load::RequestKey key, Arm arm, const std::string& request_id,
                          std::string_view body) {
  ArmSlot& slot = *arms_[index_of(arm)];
  auto request = std::make_unique<Request>();
  request->key = key;
  request->arm = &slot;
  request->head = fmt::format("{}X-Request-Id: {}\r\nContent-Length: {}\r\n\r\n", slot.head,
                              request_id, body.size());
  request->body = body;
  const bool added = requests_.emplace(key, std::move(request)).second;
  ABGATE_ASSERT(added);
  to_begin_.push_back(key);
}

void WireTransport::cancel(load::RequestKey key) {
  const auto node = requests_.extract(key);
  if (!node.empty() && node.mapped()->connection) close(*node.mapped()->connection);
}

bool WireTransport::turn(TimePoint now) {
  for (const load::RequestKey key : std::exchange(to_begin_, {})) {
    const auto found = requests_.find(key);
    if (found != requests_.end()) begin(*found->second);
  }
  while (!connect_deadlines_.empty() && connect_deadlines_.front().at <= now) {
    const ConnectDeadline due = connect_deadlines_.front();
    connect_deadlines_.pop_front();
    Connection* connection = find(due.fd);
    if (connection && connection->serial == due.serial &&
        connection->state == Connection::State::connecting) {
      connect_failed(*connection, ETIMEDOUT);
    }
  }
  retire(now);
  return std::exchange(any_ended_, false);
}

std::optional<TimePoint> WireTransport::next_turn() const {
  std::optional<TimePoint> at;
  if (!connect_deadlines_.empty()) at = connect_deadlines_.front().at;
  for (const auto& arm : arms_) {
    if (arm->idle.empty()) continue;
    const TimePoint over = find(arm->idle.front())->idle_since + max_idle_;
    at = std::min(at.value_or(over), over);
  }
  return at;
}

void WireTransport::begin(Request& request) {
  if (Connection* idle = take_idle(*request.arm)) {
    send(*idle, request);
    return;
  }
  send_on_fresh(request);
}

void WireTransport::send_on_fresh(Request& request) {
  request.began_connect = now();
  Connection* connection = open(*request.arm);
  if (!connection) {
    fail(request, "connect", "cannot connect to " + request.arm->authority, errno);
    return;
  }
  connection->request = &request;
  request.connection = connection;
}

WireTransport::Connection* WireTransport::take_idle(ArmSlot& arm) {
  while (!arm.idle.empty()) {
    Connection& connection = *find(arm.idle.back());
    const Duration idle = now() - connection.idle_since;
    if (idle < kTrustIdle || (idle < max_idle_ && still_open(connection.fd))) {
      arm.idle.pop_back();
      return &connection;
    }
    close(connection);
  }
  return nullptr;
}

int WireTransport::open_socket(int family) {
  while (true) {
    const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 || errno != EMFILE || !close_one_idle()) return fd;
  }
}

/// Gives up the connection that was idle for longest; leaves errno alone if there is none.
bool WireTransport::close_one_idle() {
  Connection* oldest = nullptr;
  for (const auto& arm : arms_) {
    if (arm->idle.empty()) continue;
    Connection* front = find(arm->idle.front());
    if (!oldest || front->idle_since < oldest->idle_since) oldest = front;
  }
  if (oldest) close(*oldest);
  return oldest != nullptr;
}

WireTransport::Connection* WireTransport::open(ArmSlot& arm) {
  const int family = arm.address.generic.sa_family;
  const int fd = open_socket(family);
  if (fd < 0) return nullptr;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto try_connect = [&] {
    return connect(fd, &arm.address.generic, arm.address_size) == 0 || errno == EINPROGRESS;
  };
  bool pending = try_connect();
  while (!pending && errno == EADDRNOTAVAIL && close_one_idle()) pending = try_connect();
  if (!pending || !loop_.watch(fd, false, true, *this)) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return nullptr;
  }
  const auto slot = static_cast<std::size_t>(fd);
  if (connections_.size() <= slot) connections_.resize(slot + 64);
  connections_[slot] = std::make_unique<Connection>(fd, arm, ++serial_);
  ++arm.open;
  ledger_.opened(fd, arm.arm);
  connect_deadlines_.push_back({now() + arm.connect_timeout, fd, serial_});
  return connections_[slot].get();
}

void WireTransport::preconnect(Arm arm, std::size_t count) {
  ArmSlot& slot = *arms_[index_of(arm)];
  while (slot.open < count && open(slot)) ++preconnecting_;
}

void WireTransport::connected(Connection& connection) {
  connection.state = Connection::State::idle;
  if (!connection.request) {
    --preconnecting_;
    loop_.watch(connection.fd, true, false, *this);
    make_idle(connection);
    return;
  }
  send(connection, *connection.request);
}

// Stamped before the first byte goes out: connecting is over, and nothing of the answer can be
// there.
void WireTransport::send(Connection& connection, Request& request) {
  connection.state = Connection::State::busy;
  connection.request = &request;
  connection.parser.reset();
  request.connection = &connection;
  request.written = 0;
  const TimePoint at = now();
  const bool reused = connection.ready_before;
  connection.ready_before = true;
  request.on_reused = reused;
  events_->on_sent(request.key, at, reused, reused ? Duration{0} : at - request.began_connect);
  write(connection);
}

void WireTransport::write(Connection& connection) {
  Request& request = *connection.request;
  const std::size_t total = request.head.size() + request.body.size();
  while (request.written < total) {
    std::array<iovec, 2> parts{};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = request.rest(parts);
    const ssize_t n = sendmsg(connection.fd, &message, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      connection.wants_write = loop_.watch(connection.fd, true, true, *this);
      return;
    }
    if (n < 0) {
      peer_closed(connection, errno);
      return;
    }
    request.written += static_cast<std::size_t>(n);
  }
  if (connection.wants_write || !request.on_reused) loop_.watch(connection.fd, true, false, *this);
  connection.wants_write = false;
}

void WireTransport::on_ready(int fd, bool readable, bool writable, bool error) {
  Connection* connection = find(fd);
  if (!connection) return;
  if (connection->state == Connection::State::connecting) {
    int failure = 0;
    socklen_t size = sizeof failure;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
    if (failure != 0) {
      connect_failed(*connection, failure);
    } else if (writable) {
      connected(*connection);
    }
    return;
  }
  if (readable || error) read(*connection);
  connection = find(fd);
  if (writable && connection && connection->wants_write) write(*connection);
}

// What the parser cannot use yet is put in front of the next read, so that it sees one piece.
void WireTransport::read(Connection& connection) {
  const std::size_t held = connection.held.size();
  std::memcpy(buffer_.data(), connection.held.data(), held);
  const ssize_t n = recv(connection.fd, buffer_.data() + held, buffer_.size() - held, 0);
  if (n > 0) connection.arm->reads.record(n);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (!connection.request) {  // idle: closed, or bytes that nobody asked for
    close(connection);
    return;
  }
  if (n <= 0) {
    peer_closed(connection, n < 0 ? errno : 0);
    return;
  }
  Request& request = *connection.request;
  Reading reading(request, *events_, loop_.stamp());
  request.answered = true;
  const std::string_view bytes(buffer_.data(), held + static_cast<std::size_t>(n));
  const std::size_t used = connection.parser.feed(bytes, reading);
  connection.held.assign(bytes.substr(used));
  if (connection.parser.failed()) {
    fail(request, "protocol", connection.parser.error(), 0);
  } else if (connection.held.size() > kMaxHeld) {
    fail(request, "protocol", "a header line without end", 0);
  } else if (connection.parser.done()) {
    response_over(connection);
  }
}

void WireTransport::response_over(Connection& connection) {
  Request& request = *connection.request;
  const bool whole = request.written == request.head.size() + request.body.size();
  const bool reusable = whole && connection.held.empty() && connection.parser.keep_alive();
  connection.request = nullptr;
  request.connection = nullptr;
  if (reusable) {
    make_idle(connection);
  } else {
    close(connection);
  }
  end(request, {});
}

// `error` 0: an orderly close.
void WireTransport::peer_closed(Connection& connection, int error) {
  Request& request = *connection.request;
  const bool complete = error == 0 && connection.parser.finish();
  const bool stale = request.on_reused && !request.answered && !request.repeated;
  connection.request = nullptr;
  request.connection = nullptr;
  close(connection);
  if (complete) {
    end(request, {});
  } else if (stale) {
    request.repeated = true;
    send_on_fresh(request);
  } else if (error == 0 && request.status != 0) {
    load::TransferEnd cut;
    cut.ok = false;
    end(request, cut);
  } else if (error == 0) {
    fail(request, "reset", "the server closed the connection without an answer", 0);
  } else {
    fail(request, error == EPIPE ? "send" : "reset", "connection lost", error);
  }
}

void WireTransport::connect_failed(Connection& connection, int error) {
  Request* request = std::exchange(connection.request, nullptr);
  if (!request) --preconnecting_;
  const std::string where = request ? request->arm->authority : std::string();
  close(connection);
  if (!request) return;
  request->connection = nullptr;
  if (error == ETIMEDOUT) {
    load::TransferEnd late;
    late.ok = false;
    late.timed_out = true;
    end(*request, late);
  } else {
    fail(*request, "connect", "cannot connect to " + where, error);
  }
}

void WireTransport::fail(Request& request, std::string what, std::string message, int error) {
  load::TransferEnd failed;
  failed.ok = false;
  if (error != 0) message += fmt::format(": {}", strerror(error));
  failed.error = {std::move(what), std::move(message), is_ours(error)};
  if (request.connection) {
    request.connection->request = nullptr;
    close(*request.connection);
  }
  end(request, failed);
}

void WireTransport::end(Request& request, const load::TransferEnd& end) {
  any_ended_ = true;
  const load::RequestKey key = request.key;
  const auto node = requests_.extract(key);  // the Runner may drop the body from here on
  events_->on_done(key, now(), end);
}

void WireTransport::close(Connection& connection) {
  const int fd = connection.fd;
  ArmSlot& arm = *connection.arm;
  --arm.open;
  if (connection.state == Connection::State::idle) std::erase(arm.idle, fd);
  loop_.unwatch(fd);
  ledger_.closing(fd);
  ::close(fd);
  connections_[static_cast<std::size_t>(fd)].reset();
}

void WireTransport::make_idle(Connection& connection) {
  ArmSlot& arm = *connection.arm;
  connection.state = Connection::State::idle;
  connection.ready_before = true;
  connection.held.clear();
  connection.idle_since = now();
  arm.idle.push_back(connection.fd);
  if (arm.idle.size() > pool_size_) close(*find(arm.idle.front()));
}

// The oldest are in front: the pool hands out the last used first.
void WireTransport::retire(TimePoint now) {
  for (auto& arm : arms_) {
    while (!arm->idle.empty() && now - find(arm->idle.front())->idle_since >= max_idle_) {
      close(*find(arm->idle.front()));
    }
  }
}

SocketHealth WireTransport::take_health(Arm arm) {
  const LogHistogram reads = std::exchange(arms_[index_of(arm)]->reads, {});
  return {ledger_.take(arm), static_cast<std::uint64_t>(reads.quantile(0.99)),
          static_cast<std::uint64_t>(reads.max())};
}

WireTransport::Connection* WireTransport::find(int fd) const {
  const auto slot = static_cast<std::size_t>(fd);
  return slot < connections_.size() ? connections_[slot].get() : nullptr;
}

}  // namespace abgate::http
