#pragma once
// HTTP/1.1 responses out of bytes: status, content type, body without its framing.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace abgate::http {

/// Hears what a response says; views are valid during the call only.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void on_head(int status, std::string_view content_type) = 0;
  virtual void on_body(std::string_view bytes) = 0;
};

/// Incremental; chunked, length-delimited and close-delimited bodies; 1xx answers are skipped. The
/// grammar is Boost.Beast's.
class ResponseParser {
 public:
  ResponseParser();
  ~ResponseParser();
  ResponseParser(ResponseParser&&) noexcept;
  ResponseParser& operator=(ResponseParser&&) noexcept;

  /// Begins a new response.
  void reset();
  /// Reads from `bytes`, which begin with what the call before left over. Returns how many were
  /// used; the caller keeps the rest and brings it again in front of what follows. Uses nothing
  /// after done() or failed().
  std::size_t feed(std::string_view bytes, ResponseSink& sink);
  /// The peer closed. True if that is how this response ends.
  bool finish();

  bool done() const;
  bool failed() const { return !error_.empty(); }
  /// What is wrong, for people; empty unless failed().
  const std::string& error() const { return error_; }
  /// The connection may carry another request. REQUIRES: done().
  bool keep_alive() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string error_;
};

}  // namespace abgate::http
