#include "vllmsim/server.hpp"

#include <fmt/format.h>

#include <csignal>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>

#include "core/error.hpp"
#include "vllmsim/session_impl.hpp"

namespace abgate::sim {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kBacklog = 2048;  // uvicorn's
constexpr auto kFlushEvery = std::chrono::seconds(1);
constexpr auto kAcceptPause = std::chrono::milliseconds(50);  // out of file descriptors

}  // namespace

struct Server::Impl {
  Impl(ServerSetup given, Service& served)
      : setup(std::move(given)),
        service(served),
        acceptor(io),
        wake(io),
        flush(io),
        deadline(io),
        pause(io),
        signals(io) {}

  void listen();
  void load_tls();
  void accept();
  template <typename Stream>
  void serve(Stream stream);
  void arm();
  void tick();
  void flush_later();
  void end(ServerEnd why);

  ServerSetup setup;
  Service& service;
  asio::io_context io{1};
  asio::ssl::context tls{asio::ssl::context::tls_server};
  Tcp::acceptor acceptor;
  asio::steady_timer wake, flush, deadline, pause;
  asio::signal_set signals;
  std::optional<TimePoint> armed;
  ServerEnd why = ServerEnd::stopped;
};

void Server::Impl::listen() {
  const auto fail = [&](const error_code& error) {
    throw Error(ExitCode::unavailable,
                fmt::format("{}:{}: cannot listen: {}; want a free port (--port 0 takes any)",
                            setup.host, setup.port, error.message()));
  };
  error_code error;
  const auto address = asio::ip::make_address(setup.host, error);
  if (error) fail(error);
  const Tcp::endpoint endpoint(address, setup.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (error) fail(error);
}

void Server::Impl::load_tls() {
  if (setup.tls_cert.empty()) return;
  error_code error;
  tls.use_certificate_chain_file(setup.tls_cert, error);
  if (error) {
    throw Error(ExitCode::unavailable, fmt::format("{}: saw {}, want a certificate chain (PEM)",
                                                   setup.tls_cert, error.message()));
  }
  tls.use_private_key_file(setup.tls_key, asio::ssl::context::pem, error);
  if (error) {
    throw Error(ExitCode::unavailable,
                fmt::format("{}: saw {}, want the certificate's private key (PEM)", setup.tls_key,
                            error.message()));
  }
}

template <typename Stream>
void Server::Impl::serve(Stream stream) {
  const RequestHandler handler = [this](std::shared_ptr<Exchange> exchange, HttpRequest request) {
    service.handle(std::move(exchange), std::move(request));
    arm();
  };
  std::make_shared<Session<Stream>>(std::move(stream), handler)->start();
}

void Server::Impl::accept() {
  acceptor.async_accept([this](error_code error, Tcp::socket socket) {
    if (!acceptor.is_open()) return;
    if (error) {  // most likely no file descriptor is left: give some time to come back
      pause.expires_after(kAcceptPause);
      return pause.async_wait([this](error_code cancelled) {
        if (!cancelled) accept();
      });
    }
    if (setup.tls_cert.empty()) {
      serve(std::move(socket));
    } else {
      serve(TlsStream(std::move(socket), tls));
    }
    accept();
  });
}

void Server::Impl::arm() {
  const auto next = service.next_wake();
  if (!next || (armed && *armed <= *next)) return;
  armed = next;
  wake.expires_at(std::chrono::time_point_cast<asio::steady_timer::duration>(*next));
  wake.async_wait([this](error_code error) {
    if (!error) tick();
  });
}

void Server::Impl::tick() {
  armed.reset();
  service.advance();
  if (service.stopped()) return end(ServerEnd::engine_death);
  arm();
}

void Server::Impl::flush_later() {
  flush.expires_after(kFlushEvery);
  flush.async_wait([this](error_code error) {
    if (error) return;
    service.flush_truth();
    flush_later();
  });
}

void Server::Impl::end(ServerEnd reason) {
  why = reason;
  io.stop();
}

Server::Server(ServerSetup setup, Service& service)
    : impl_(std::make_unique<Impl>(std::move(setup), service)) {
  impl_->load_tls();
  impl_->listen();
}

Server::~Server() = default;

std::uint16_t Server::port() const {
  return impl_->acceptor.local_endpoint().port();
}

std::string Server::url() const {
  const bool v6 = impl_->setup.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", impl_->setup.tls_cert.empty() ? "http" : "https",
                     v6 ? "[" : "", impl_->setup.host, v6 ? "]" : "", port());
}

ServerEnd Server::run() {
  Impl& impl = *impl_;
  impl.signals.add(SIGINT);
  impl.signals.add(SIGTERM);
  impl.signals.async_wait([&impl](error_code error, int) {
    if (!error) impl.end(ServerEnd::signal);
  });
  if (impl.setup.exit_after > Duration{0}) {
    impl.deadline.expires_after(impl.setup.exit_after);
    impl.deadline.async_wait([&impl](error_code error) {
      if (!error) impl.end(ServerEnd::timeout);
    });
  }
  impl.flush_later();
  impl.accept();
  impl.io.run();
  impl.service.flush_truth();
  return impl.why;
}

void Server::stop() {
  asio::post(impl_->io, [impl = impl_.get()] { impl->end(ServerEnd::stopped); });
}

}  // namespace abgate::sim
