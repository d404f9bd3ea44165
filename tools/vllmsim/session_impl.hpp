#pragma once
// One connection of the server; for server.cpp and session.cpp only.

#include <utility>  // Boost 1.74's awaitable.hpp forgets it

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "vllmsim/http_types.hpp"

namespace abgate::sim {

using Tcp = boost::asio::ip::tcp;
using PlainStream = Tcp::socket;
using TlsStream = boost::asio::ssl::stream<Tcp::socket>;

/// Takes a complete request and the way back.
using RequestHandler = std::function<void(std::shared_ptr<Exchange>, HttpRequest)>;

/// Reads requests one after the other, hands each to the handler and writes what the exchange is
/// told. Plain sockets are written at once, without a handler per event; TLS through a queue.
template <typename Stream>
class Session : public Exchange, public std::enable_shared_from_this<Session<Stream>> {
 public:
  Session(Stream stream, RequestHandler handler)
      : stream_(std::move(stream)), timer_(stream_.get_executor()), handler_(std::move(handler)) {}

  /// TLS handshake if any, then the first request.
  void start();

  void write(std::string_view bytes) override;
  bool backed_up() const override { return !queue_.empty() || !writing_.empty(); }
  void finish(bool keep_alive) override;
  void reset() override;

 private:
  enum class State { reading, answering, draining, closed };

  void read_request(bool idle);
  void read_header();
  void note_arrival();
  void on_header(boost::system::error_code error);
  void read_body();
  void on_request(boost::system::error_code error);
  HttpRequest take_request();
  void refuse_malformed();
  void watch();
  void gone();
  void flush();
  void on_written(boost::system::error_code error);
  void after_response();
  void arm_idle_close();
  void close();
  Tcp::socket& socket();

  Stream stream_;
  boost::asio::steady_timer timer_;
  RequestHandler handler_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::string queue_;    ///< to be written next
  std::string writing_;  ///< in an asynchronous write
  State state_ = State::reading;
  std::optional<TimePoint> arrived_;  ///< of the request being read, by the kernel's clock
  bool keep_alive_ = true;
  bool broken_ = false;  ///< a write failed
};

}  // namespace abgate::sim
