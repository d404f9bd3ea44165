#include "vllmsim/session_impl.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <limits>
#include <type_traits>

namespace abgate::sim {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr auto kIdleClose = std::chrono::seconds(5);  // VLLM_HTTP_TIMEOUT_KEEP_ALIVE
constexpr std::size_t kHeaderLimit = 1U << 20;

template <typename Stream>
constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

std::string text_of(boost::beast::string_view view) {
  return {view.data(), view.size()};
}

}  // namespace

template <typename Stream>
Tcp::socket& Session<Stream>::socket() {
  if constexpr (kIsTls<Stream>) {
    return stream_.next_layer();
  } else {
    return stream_;
  }
}

template <typename Stream>
void Session<Stream>::start() {
  error_code ignored;
  socket().set_option(Tcp::no_delay(true), ignored);
  if constexpr (kIsTls<Stream>) {
    auto self = this->shared_from_this();
    stream_.async_handshake(asio::ssl::stream_base::server, [self](error_code error) {
      if (!error) self->read_request(false);
    });
  } else {
    socket().non_blocking(true, ignored);
    const int on = 1;
    setsockopt(socket().native_handle(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    read_request(false);
  }
}

template <typename Stream>
void Session<Stream>::read_request(bool idle) {
  state_ = State::reading;
  parser_.emplace();
  parser_->header_limit(kHeaderLimit);
  parser_->body_limit(
      std::numeric_limits<std::uint64_t>::max());  // boost::none refuses all in 1.74
  if (idle) arm_idle_close();
  arrived_.reset();
  if (kIsTls<Stream> || buffer_.size() > 0) return read_header();
  auto self = this->shared_from_this();
  socket().async_wait(Tcp::socket::wait_read, [self](error_code error) {
    if (self->state_ != State::reading) return;
    if (error) return self->close();
    self->note_arrival();
    self->read_header();
  });
}

/// Many requests at once are read one after the other: how long each has waited for that is in no
/// clock of this process, only in the kernel's receive stamp.
template <typename Stream>
void Session<Stream>::note_arrival() {
  char bytes[2048];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(timespec))];
  iovec part{bytes, sizeof bytes};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(socket().native_handle(), &message, MSG_PEEK | MSG_DONTWAIT) <= 0) return;
  for (const cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(c))) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{}, wall{};
    std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
    clock_gettime(CLOCK_REALTIME, &wall);  // the stamps are of this clock; ours is another
    const auto ns = [](const timespec& t) { return std::chrono::seconds(t.tv_sec) + Duration(t.tv_nsec); };
    arrived_ = now() - (ns(wall) - ns(stamp));
  }
}

template <typename Stream>
void Session<Stream>::read_header() {
  auto self = this->shared_from_this();
  http::async_read_header(stream_, buffer_, *parser_,
                          [self](error_code error, std::size_t) { self->on_header(error); });
}

template <typename Stream>
void Session<Stream>::arm_idle_close() {
  timer_.expires_after(kIdleClose);
  timer_.async_wait([weak = this->weak_from_this()](error_code error) {
    const auto self = weak.lock();
    // A request whose first bytes are here is not idle.
    if (!error && self && self->state_ == State::reading && self->buffer_.size() == 0)
      self->close();
  });
}

template <typename Stream>
void Session<Stream>::on_header(error_code error) {
  timer_.cancel();
  if (state_ == State::closed) return;
  if (error) {
    const bool malformed =
        error.category() == http::make_error_code(http::error::bad_method).category();
    if (malformed && error != http::error::end_of_stream && error != http::error::partial_message) {
      return refuse_malformed();
    }
    return close();
  }
  if (parser_->get()[http::field::expect] == "100-continue") {
    error_code ignored;
    asio::write(stream_, asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25), ignored);
  }
  read_body();
}

template <typename Stream>
void Session<Stream>::read_body() {
  auto self = this->shared_from_this();
  http::async_read(stream_, buffer_, *parser_,
                   [self](error_code error, std::size_t) { self->on_request(error); });
}

template <typename Stream>
void Session<Stream>::on_request(error_code error) {
  if (state_ == State::closed) return;
  if (error) return close();
  state_ = State::answering;
  HttpRequest request = take_request();
  watch();
  handler_(this->shared_from_this(), std::move(request));
}

template <typename Stream>
HttpRequest Session<Stream>::take_request() {
  auto message = parser_->release();
  HttpRequest request;
  request.method = text_of(message.method_string());
  request.target = text_of(message.target());
  request.host = text_of(message[http::field::host]);
  request.content_type = text_of(message[http::field::content_type]);
  if (message.count(http::field::authorization) > 0) {
    request.authorization = text_of(message[http::field::authorization]);
  }
  request.request_id = text_of(message["X-Request-Id"]);
  request.cross_origin = message.count(http::field::origin) > 0;
  request.preflight = message.count(http::field::access_control_request_method) > 0;
  request.keep_alive = message.keep_alive();
  request.arrived = arrived_;
  request.body = std::move(message.body());
  return request;
}

template <typename Stream>
void Session<Stream>::refuse_malformed() {
  state_ = State::answering;
  write(
      "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: "
      "close\r\n\r\n"
      "Invalid HTTP request received.");
  finish(false);
}

/// While a response runs: notices that the client left. uvicorn takes a half-close for that, too.
template <typename Stream>
void Session<Stream>::watch() {
  auto self = this->shared_from_this();
  socket().async_wait(Tcp::socket::wait_read, [self](error_code error) {
    if (error || self->state_ != State::answering) return;
    char byte = 0;
    const auto got = ::recv(self->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) return self->gone();
    if (got < 0) self->watch();
    // Else bytes of the next request (or of TLS) arrived early: they are read after this response.
  });
}

template <typename Stream>
void Session<Stream>::gone() {
  if (state_ != State::answering) return;
  close();
  const auto tell = std::exchange(on_gone, nullptr);
  if (tell) tell();
}

template <typename Stream>
void Session<Stream>::write(std::string_view bytes) {
  if (state_ == State::closed || broken_) return;
  if constexpr (!kIsTls<Stream>) {
    if (!backed_up()) {
      error_code error;
      const std::size_t sent = stream_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
      if (error && error != asio::error::would_block) {
        broken_ = true;
        auto self = this->shared_from_this();
        return asio::post(stream_.get_executor(), [self] { self->gone(); });
      }
      bytes.remove_prefix(sent);
      if (bytes.empty()) return;
    }
  }
  queue_ += bytes;
  flush();
}

template <typename Stream>
void Session<Stream>::flush() {
  if (!writing_.empty() || queue_.empty()) return;
  writing_.swap(queue_);
  auto self = this->shared_from_this();
  asio::async_write(stream_, asio::buffer(writing_),
                    [self](error_code error, std::size_t) { self->on_written(error); });
}

template <typename Stream>
void Session<Stream>::on_written(error_code error) {
  writing_.clear();
  if (state_ == State::closed) return;
  if (error) {
    broken_ = true;
    queue_.clear();
    return state_ == State::answering ? gone() : close();
  }
  flush();
  if (state_ == State::draining && !backed_up()) after_response();
}

template <typename Stream>
void Session<Stream>::finish(bool keep_alive) {
  if (state_ == State::closed) return;
  on_gone = nullptr;
  keep_alive_ = keep_alive;
  state_ = State::draining;
  if (broken_) return close();
  if (!backed_up()) {
    // Not from inside the handler: it may still be using this exchange.
    auto self = this->shared_from_this();
    asio::post(stream_.get_executor(), [self] {
      if (self->state_ == State::draining && !self->backed_up()) self->after_response();
    });
  }
}

template <typename Stream>
void Session<Stream>::after_response() {
  if (!keep_alive_) return close();
  error_code ignored;
  socket().cancel(ignored);  // the watch
  read_request(true);
}

template <typename Stream>
void Session<Stream>::reset() {
  if (state_ == State::closed) return;
  on_gone = nullptr;
  error_code ignored;
  socket().set_option(asio::socket_base::linger(true, 0), ignored);
  state_ = State::closed;
  socket().close(ignored);
}

template <typename Stream>
void Session<Stream>::close() {
  if (state_ == State::closed) return;
  const bool answering = state_ == State::answering;
  state_ = State::closed;
  timer_.cancel();
  error_code ignored;
  if (!answering) socket().shutdown(Tcp::socket::shutdown_both, ignored);
  socket().close(ignored);
}

template class Session<PlainStream>;
template class Session<TlsStream>;

}  // namespace abgate::sim
