#pragma once
// A scripted HTTP/1.1 server on loopback, for what real servers do only on bad days.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace abgate::fakes {

struct HttpRequest {
  std::string method, path, head, body;
  /// Value of a header, case-insensitive; empty if it is not there.
  std::string header(std::string_view name) const;
};

/// One accepted connection, as a script sees it. Every function returns false once the peer or the
/// server has gone, so that scripts end by themselves.
class Connection {
 public:
  Connection(int fd, int stop_fd, ssl_st* tls, std::size_t number);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::size_t number() const { return number_; }  ///< 0 for the server's first connection
  std::optional<HttpRequest> read_request();
  bool send(std::string_view bytes);
  bool send_status(int status, std::string_view type, std::string_view body);
  bool begin_stream(std::string_view type = "text/event-stream; charset=utf-8");
  bool chunk(std::string_view text);
  bool end_stream();
  bool pause(std::chrono::milliseconds time);
  /// True when the peer has closed its side within `time`.
  bool peer_closes(std::chrono::milliseconds time);
  void reset();  ///< RST instead of FIN
  void close();

 private:
  bool readable(int timeout_ms);
  bool receive();

  int fd_;
  int stop_fd_;
  ssl_st* tls_;
  std::size_t number_;
  std::string buffer_;
};

/// One thread per connection; the script decides how many requests it answers. Ends its threads in
/// the destructor.
class HttpServer {
 public:
  using Script = std::function<void(Connection&)>;

  explicit HttpServer(Script script, bool tls = false);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const { return port_; }
  std::string url() const;
  std::size_t connections() const { return connections_; }
  /// PEM file of the certificate that the server made for itself.
  const std::string& ca_file() const { return ca_file_; }

 private:
  void accept_loop();
  void make_certificate();

  Script script_;
  int listener_ = -1;
  int stop_fds_[2] = {-1, -1};
  int port_ = 0;
  std::string ca_file_;
  ssl_ctx_st* context_ = nullptr;
  std::atomic<std::size_t> connections_{0};
  std::mutex mutex_;
  std::vector<std::thread> workers_;
  std::thread acceptor_;
};

/// A text event as vLLM writes it, and the two that end a stream.
std::string token_event(std::string_view text, std::string_view finish_reason = "");
std::string usage_event(int prompt_tokens, int completion_tokens);
inline constexpr std::string_view kDoneEvent = "data: [DONE]\n\n";

/// Answers every request with a stream of `tokens` events, then waits for the next.
HttpServer::Script stream_script(int tokens,
                                 std::chrono::milliseconds gap = std::chrono::milliseconds(0));

/// Lets time pass.
void wait(std::chrono::milliseconds time);

/// A port on which nothing listens.
int unused_port();

}  // namespace abgate::fakes
