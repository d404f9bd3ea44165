#pragma once
// What every use of libcurl here shares. curl.h stays out of headers: a CURL* is a void*.

#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "load/transport.hpp"

struct curl_slist;

namespace abgate::http {

/// Once per process: libcurl's own start-up, and SIGPIPE ignored (libcurl is told not to touch
/// signals, which would cost three system calls an event).
void init_curl();

/// Options of every handle: no signals, HTTP/1.1, no proxy, no `Expect: 100-continue`, TLS as the
/// scenario wants it. `error_text` must hold CURL_ERROR_SIZE bytes and outlive the handle.
void set_common_options(void* easy, const Tls& tls, char* error_text);

/// Appends to a list; throws std::bad_alloc, never loses the list.
void append_header(curl_slist*& list, const std::string& header);

/// A CURLcode in our words. `message` is libcurl's text, `os_errno` CURLINFO_OS_ERRNO, `sent`
/// whether the request was being written already.
load::TransferEnd classify(int code, const std::string& message, long os_errno, bool sent);

/// Errors that this machine made: too few file descriptors, ports or memory.
bool is_ours(long os_errno);

}  // namespace abgate::http
