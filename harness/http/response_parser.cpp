#include "http/response_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstdint>
#include <limits>
#include <optional>

namespace abgate::http {

namespace beast = boost::beast;

namespace {

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

/// Passes on what matters of Beast's events.
class Parser final : public beast::http::basic_parser<false> {
 public:
  Parser() {
    // The Runner bounds answers. (Without a limit 1.74 refuses every body that has a length.)
    body_limit(std::numeric_limits<std::uint64_t>::max());
    header_limit(64 * 1024);
    eager(true);
  }
  ResponseSink* sink = nullptr;
  int status = 0;

 private:
  using Error = beast::error_code;
  using Text = beast::string_view;

  void on_request_impl(beast::http::verb, Text, Text, int, Error&) override {}
  void on_response_impl(int code, Text, int, Error&) override { status = code; }
  void on_field_impl(beast::http::field name, Text, Text value, Error&) override {
    if (name == beast::http::field::content_type) content_type_ = view(value);
  }
  void on_header_impl(Error&) override {
    if (status >= 200) sink->on_head(status, content_type_);
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(Text body, Error&) override {
    sink->on_body(view(body));
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Error&) override {
    sink->on_body(view(body));
    return body.size();
  }
  void on_finish_impl(Error&) override {}

  std::string content_type_;
};

}  // namespace

struct ResponseParser::Impl {
  std::optional<Parser> parser;
};

ResponseParser::ResponseParser() : impl_(std::make_unique<Impl>()) {
  reset();
}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
ResponseParser& ResponseParser::operator=(ResponseParser&&) noexcept = default;

void ResponseParser::reset() {
  impl_->parser.emplace();
  error_.clear();
}

std::size_t ResponseParser::feed(std::string_view bytes, ResponseSink& sink) {
  std::size_t used = 0;
  while (used < bytes.size() && !done() && !failed()) {
    impl_->parser->sink = &sink;
    beast::error_code ec;
    const std::size_t n = impl_->parser->put({bytes.data() + used, bytes.size() - used}, ec);
    used += n;
    if (ec == beast::http::error::need_more) break;
    if (ec) error_ = ec.message();
    if (!ec && done() && impl_->parser->status < 200) reset();  // 1xx: the answer is still to come
  }
  return used;
}

bool ResponseParser::finish() {
  if (failed() || !impl_->parser->got_some()) return false;
  if (done()) return true;
  beast::error_code ec;
  impl_->parser->put_eof(ec);
  return !ec && done();
}

bool ResponseParser::done() const {
  return impl_->parser->is_done();
}
bool ResponseParser::keep_alive() const {
  return impl_->parser->keep_alive();
}

}  // namespace abgate::http
