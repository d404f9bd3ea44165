#pragma once
// Sockets, TLS and timers around a Service.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "vllmsim/service.hpp"

namespace abgate::sim {

struct ServerSetup {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;         ///< 0: any free one
  std::string tls_cert, tls_key;  ///< PEM files; empty: plain HTTP
  Duration exit_after{0};         ///< 0: never
};

enum class ServerEnd { signal, timeout, engine_death, stopped };

/// Listens from construction; run() serves until SIGINT, SIGTERM, exit_after, the engine's death or
/// stop(). Everything happens on the thread of run().
class Server {
 public:
  /// Throws Error (unavailable) when the port is taken or a TLS file is not usable. Keeps a
  /// reference.
  Server(ServerSetup setup, Service& service);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:8000"
  std::string url() const;
  ServerEnd run();
  /// From any thread.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Numbers of this process, from /proc.
ProcessFacts process_facts();
/// Lets the process open as many sockets as the system allows.
void raise_file_limit();

}  // namespace abgate::sim
