#include "fakes/http_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace abgate::fakes {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

int listen_on_loopback(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, raw, size) != 0 || getsockname(fd, raw, &size) != 0) {
    throw std::runtime_error("cannot bind a loopback port");
  }
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

std::string HttpRequest::header(std::string_view name) const {
  const std::string wanted = "\n" + lower(name) + ":";
  const std::size_t at = lower(head).find(wanted);
  if (at == std::string::npos) return {};
  std::size_t begin = at + wanted.size();
  while (begin < head.size() && head[begin] == ' ') ++begin;
  return head.substr(begin, head.find('\r', begin) - begin);
}

Connection::Connection(int fd, int stop_fd, ssl_st* tls, std::size_t number)
    : fd_(fd), stop_fd_(stop_fd), tls_(tls), number_(number) {}

Connection::~Connection() {
  close();
  if (tls_) SSL_free(tls_);
}

bool Connection::readable(int timeout_ms) {
  if (fd_ < 0) return false;
  if (tls_ && SSL_pending(tls_) > 0) return true;
  pollfd waiting[2] = {{.fd = fd_, .events = POLLIN, .revents = 0},
                       {.fd = stop_fd_, .events = POLLIN, .revents = 0}};
  return poll(waiting, 2, timeout_ms) > 0 && waiting[1].revents == 0;
}

bool Connection::receive() {
  if (!readable(30'000)) return false;
  char bytes[16384];
  const auto n = tls_ ? SSL_read(tls_, bytes, sizeof bytes)
                      : static_cast<int>(recv(fd_, bytes, sizeof bytes, 0));
  if (n <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(n));
  return true;
}

std::optional<HttpRequest> Connection::read_request() {
  std::size_t head_end = 0;
  while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) return std::nullopt;
  }
  HttpRequest request;
  request.head = buffer_.substr(0, head_end + 2);
  const std::string length = request.header("content-length");
  const std::size_t wanted = length.empty() ? 0 : std::stoul(length);
  buffer_.erase(0, head_end + 4);
  while (buffer_.size() < wanted) {
    if (!receive()) return std::nullopt;
  }
  request.body = buffer_.substr(0, wanted);
  buffer_.erase(0, wanted);
  const auto space = request.head.find(' ');
  request.method = request.head.substr(0, space);
  request.path = request.head.substr(space + 1, request.head.find(' ', space + 1) - space - 1);
  return request;
}

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty() && fd_ >= 0) {
    const auto n = tls_ ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                        : static_cast<int>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return fd_ >= 0;
}

bool Connection::send_status(int status, std::string_view type, std::string_view body) {
  return send(fmt::format("HTTP/1.1 {} X\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n{}",
                          status, type, body.size(), body));
}

bool Connection::begin_stream(std::string_view type) {
  return send(
      fmt::format("HTTP/1.1 200 OK\r\nserver: uvicorn\r\ncontent-type: {}\r\n"
                  "transfer-encoding: chunked\r\n\r\n",
                  type));
}

bool Connection::chunk(std::string_view text) {
  return send(fmt::format("{:x}\r\n{}\r\n", text.size(), text));
}

bool Connection::end_stream() {
  return send("0\r\n\r\n");
}

bool Connection::pause(std::chrono::milliseconds time) {
  pollfd waiting{.fd = stop_fd_, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, static_cast<int>(time.count())) == 0;
}

bool Connection::peer_closes(std::chrono::milliseconds time) {
  if (!readable(static_cast<int>(time.count()))) return false;
  char byte = 0;
  return recv(fd_, &byte, 1, MSG_PEEK) <= 0;
}

void Connection::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd_);
  fd_ = -1;
}

void Connection::close() {
  if (fd_ < 0) return;
  if (tls_) SSL_shutdown(tls_);
  ::close(fd_);
  fd_ = -1;
}

HttpServer::HttpServer(Script script, bool tls) : script_(std::move(script)) {
  listener_ = listen_on_loopback(port_);
  if (listen(listener_, 1024) != 0 || pipe(stop_fds_) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  if (tls) make_certificate();
  acceptor_ = std::thread([this] { accept_loop(); });
}

HttpServer::~HttpServer() {
  // One byte that nobody reads: every poll on the pipe wakes up, for good.
  [[maybe_unused]] const auto n = write(stop_fds_[1], "x", 1);
  acceptor_.join();
  for (auto& worker : workers_) worker.join();
  ::close(listener_);
  ::close(stop_fds_[0]);
  ::close(stop_fds_[1]);
  if (context_) SSL_CTX_free(context_);
  if (!ca_file_.empty()) std::remove(ca_file_.c_str());
}

std::string HttpServer::url() const {
  return fmt::format("{}://127.0.0.1:{}", context_ ? "https" : "http", port_);
}

void HttpServer::accept_loop() {
  while (true) {
    pollfd waiting[2] = {{.fd = listener_, .events = POLLIN, .revents = 0},
                         {.fd = stop_fds_[0], .events = POLLIN, .revents = 0}};
    if (poll(waiting, 2, -1) < 0 || waiting[1].revents != 0) return;
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd < 0) continue;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::size_t number = connections_++;
    workers_.emplace_back([this, fd, number] {
      ssl_st* tls = nullptr;
      if (context_) {
        tls = SSL_new(context_);
        SSL_set_fd(tls, fd);
      }
      Connection connection(fd, stop_fds_[0], tls, number);
      if (!tls || SSL_accept(tls) == 1) script_(connection);
    });
  }
}

void HttpServer::make_certificate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_set_pubkey(cert, key);
  X509_NAME* name = X509_get_subject_name(cert);
  const auto* text = reinterpret_cast<const unsigned char*>("abgate test");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(cert, name);
  X509_EXTENSION* names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
  X509_add_ext(cert, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(cert, key, EVP_sha256());

  context_ = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate(context_, cert);
  SSL_CTX_use_PrivateKey(context_, key);
  const char* folder = std::getenv("TMPDIR");
  std::string path = fmt::format("{}/abgate-ca-XXXXXX", folder ? folder : "/tmp");
  const int fd = mkstemp(path.data());
  std::FILE* file = fdopen(fd, "w");
  PEM_write_X509(file, cert);
  std::fclose(file);
  ca_file_ = path;
  X509_free(cert);
  EVP_PKEY_free(key);
}

std::string token_event(std::string_view text, std::string_view finish_reason) {
  const std::string reason = finish_reason.empty() ? "null" : fmt::format("\"{}\"", finish_reason);
  return fmt::format(
      "data: {{\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":1,\"model\":\"m\","
      "\"choices\":[{{\"index\":0,\"text\":\"{}\",\"logprobs\":null,\"finish_reason\":{},"
      "\"stop_reason\":null}}],\"usage\":null}}\n\n",
      text, reason);
}

std::string usage_event(int prompt_tokens, int completion_tokens) {
  return fmt::format(
      "data: {{\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":1,\"model\":\"m\","
      "\"choices\":[],\"usage\":{{\"prompt_tokens\":{},\"total_tokens\":{},"
      "\"completion_tokens\":{}}}}}\n\n",
      prompt_tokens, prompt_tokens + completion_tokens, completion_tokens);
}

HttpServer::Script stream_script(int tokens, std::chrono::milliseconds gap) {
  return [=](Connection& c) {
    while (c.read_request()) {
      c.begin_stream();
      for (int i = 0; i < tokens; ++i) {
        if (gap.count() > 0 && !c.pause(gap)) return;
        c.chunk(token_event(fmt::format("t{} ", i), i + 1 == tokens ? "stop" : ""));
      }
      c.chunk(usage_event(5, tokens));
      c.chunk(kDoneEvent);
      if (!c.end_stream()) return;
    }
  };
}

void wait(std::chrono::milliseconds time) {
  poll(nullptr, 0, static_cast<int>(time.count()));
}

int unused_port() {
  int port = 0;
  const int fd = listen_on_loopback(port);
  ::close(fd);
  return port;
}

}  // namespace abgate::fakes
