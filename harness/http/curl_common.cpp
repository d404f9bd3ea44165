#include "http/curl_common.hpp"

#include <curl/curl.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <new>

#include "core/error.hpp"

namespace abgate::http {

void init_curl() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      throw Error(ExitCode::internal, "libcurl cannot start");
    }
    std::signal(SIGPIPE, SIG_IGN);
  });
}

void set_common_options(void* easy, const Tls& tls, char* error_text) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // a proxy from the environment would be measured too
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text);
  if (!tls.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
  if (tls.insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

void append_header(curl_slist*& list, const std::string& header) {
  curl_slist* longer = curl_slist_append(list, header.c_str());
  if (!longer) throw std::bad_alloc();
  list = longer;
}

bool is_ours(long os_errno) {
  return os_errno == EMFILE || os_errno == ENFILE || os_errno == EADDRNOTAVAIL ||
         os_errno == ENOBUFS || os_errno == ENOMEM;
}

namespace {

std::string what_of(int code, const std::string& message) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "dns";
    case CURLE_COULDNT_CONNECT:
      return "connect";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_INITFAILED:
      return "tls";
    case CURLE_SEND_ERROR:
      return "send";
    case CURLE_RECV_ERROR:  // also what libcurl calls a broken chunk
      return message.find("chunk") == std::string::npos ? "reset" : "protocol";
    case CURLE_GOT_NOTHING:
      return "reset";
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return "protocol";
    default:
      return "other";
  }
}

}  // namespace

load::TransferEnd classify(int code, const std::string& message, long os_errno, bool sent) {
  load::TransferEnd end;
  end.ok = code == CURLE_OK;
  if (end.ok || code == CURLE_PARTIAL_FILE) return end;
  if (code == CURLE_OPERATION_TIMEDOUT && !sent) {
    end.timed_out = true;
    return end;
  }
  end.error.what = what_of(code, message);
  end.error.message = message.empty() ? curl_easy_strerror(static_cast<CURLcode>(code)) : message;
  if (os_errno != 0)
    end.error.message += std::string(" (") + strerror(static_cast<int>(os_errno)) + ")";
  end.error.ours = is_ours(os_errno) || code == CURLE_OUT_OF_MEMORY;
  return end;
}

}  // namespace abgate::http
