#include "http/curl_transport.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <exception>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "http/curl_common.hpp"
#include "http/log_histogram.hpp"
#include "http/tcp_ledger.hpp"

namespace abgate::http {

namespace {

struct EasyDeleter {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using EasyPtr = std::unique_ptr<CURL, EasyDeleter>;
using MultiPtr = std::unique_ptr<CURLM, MultiDeleter>;
using ListPtr = std::unique_ptr<curl_slist, ListDeleter>;

/// One in so many reads is asked how much was waiting: libcurl reads by itself, so that it costs a
/// system call.
constexpr std::uint64_t kQueueEvery = 16;

bool starts_with_nocase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         curl_strnequal(text.data(), prefix.data(), prefix.size()) != 0;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// Status of "HTTP/1.1 200 OK", 0 if it is no status line.
int status_of(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  int status = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  return status;
}

}  // namespace

struct CurlTransport::Impl {
  struct ArmSlot;

  /// One easy handle with everything that lives as long as its request; used again for later ones.
  struct Transfer {
    Impl* owner = nullptr;
    ArmSlot* arm = nullptr;
    EasyPtr easy;
    std::array<char, CURL_ERROR_SIZE> error_text{};
    std::string id_header;
    curl_slist headers{};  ///< request id, then the arm's shared list
    load::RequestKey key = 0;
    TimePoint begun{};  ///< start of the attempt
    int open_errno = 0;
    bool sent = false;
    bool headers_done = false;
    int status = 0;
    std::string content_type;
    TimePoint headers_at{};
    std::uint64_t last_read = 0;  ///< Impl::action of the last bytes
  };

  struct ArmSlot {
    Arm arm = Arm::baseline;
    LogHistogram reads;  ///< bytes waiting when a socket was read
    Endpoint endpoint;
    ListPtr headers;
    ListPtr pinned;
    std::vector<std::unique_ptr<Transfer>> spare;
  };

  Loop& loop;
  Loop::Watcher& watcher;
  load::TransferEvents* events = nullptr;
  std::array<ArmSlot, kArmCount> arms;
  std::unordered_map<load::RequestKey, std::unique_ptr<Transfer>> transfers;
  std::optional<TimePoint> deadline;
  Duration max_idle = std::chrono::seconds(4);
  TcpLedger ledger;
  std::uint64_t readable_count = 0;
  std::uint64_t action = 0;  ///< counts calls of socket_action: bytes of one call are one read
  std::exception_ptr error;
  MultiPtr multi;  // last: its end still calls on_socket for pooled connections

  Impl(Loop& the_loop, Loop::Watcher& self) : loop(the_loop), watcher(self) {
    init_curl();
    multi.reset(curl_multi_init());
    if (!multi) throw Error(ExitCode::internal, "libcurl cannot create a multi handle");
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
  }

  ~Impl() {
    for (auto& [key, transfer] : transfers) {
      curl_multi_remove_handle(multi.get(), transfer->easy.get());
    }
  }

  // ---- callbacks of libcurl: they must neither throw nor call back into it ---------------------
  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept {
    auto* impl = static_cast<Impl*>(self);
    if (what == CURL_POLL_REMOVE) {
      impl->loop.unwatch(fd);
      return 0;
    }
    try {
      const bool ok = impl->loop.watch(fd, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0,
                                       impl->watcher);
      return ok ? 0 : -1;
    } catch (...) {
      return -1;
    }
  }

  static int on_timer(CURLM*, long timeout_ms, void* self) noexcept {
    auto* impl = static_cast<Impl*>(self);
    impl->deadline.reset();
    if (timeout_ms >= 0) impl->deadline = now() + std::chrono::milliseconds(timeout_ms);
    return 0;
  }

  template <typename F>
  bool guarded(F&& body) noexcept {
    try {
      if (!events) return false;
      body();
      return true;
    } catch (...) {
      if (!error) error = std::current_exception();
      return false;
    }
  }

  // Only to learn why a socket could not be made, which libcurl does not tell.
  static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address) noexcept {
    const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    auto& t = *static_cast<Transfer*>(self);
    if (fd < 0) t.open_errno = errno;
    try {
      if (fd >= 0) t.owner->ledger.opened(fd, t.arm->arm);
    } catch (...) {  // out of memory: the socket is not counted
    }
    return fd < 0 ? CURL_SOCKET_BAD : fd;
  }

  static int on_close(void* self, curl_socket_t fd) noexcept {
    static_cast<Impl*>(self)->ledger.closing(fd);
    return ::close(fd);
  }

  static int on_request(void* self, char*, char*, int, int) noexcept {
    auto& t = *static_cast<Transfer*>(self);
    const TimePoint at = now();
    const bool ok = t.owner->guarded([&] {
      long connects = 0;
      curl_easy_getinfo(t.easy.get(), CURLINFO_NUM_CONNECTS, &connects);
      const bool reused = connects == 0;
      t.owner->events->on_sent(t.key, at, reused, reused ? Duration{0} : at - t.begun);
      t.sent = true;
      t.begun = at;
    });
    return ok ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& t = *static_cast<Transfer*>(self);
    if (t.headers_done) return size;  // trailers
    const bool ok = t.owner->guarded([&] { t.owner->header_line(t, {data, size}); });
    return ok ? size : 0;
  }

  void header_line(Transfer& t, std::string_view line) {
    if (line.starts_with("HTTP/")) {
      t.headers_at = loop.stamp();
      t.status = status_of(line);
      t.content_type.clear();
    } else if (starts_with_nocase(line, "content-type:")) {
      t.content_type = trimmed(line.substr(13));
    } else if (trimmed(line).empty() && t.status >= 200) {
      t.headers_done = true;
      events->on_headers(t.key, t.headers_at, t.status, t.content_type);
    }
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& t = *static_cast<Transfer*>(self);
    Impl& impl = *t.owner;
    const bool ok = impl.guarded([&] {
      const TimePoint at = impl.loop.stamp();
      const bool same_read = std::exchange(t.last_read, impl.action) == impl.action;
      impl.events->on_bytes(t.key, at, {data, size}, same_read);
    });
    return ok ? size : 0;
  }

  // ---- requests
  // ----------------------------------------------------------------------------------
  std::unique_ptr<Transfer> make_transfer(ArmSlot& arm) {
    auto t = std::make_unique<Transfer>();
    t->owner = this;
    t->arm = &arm;
    t->easy.reset(curl_easy_init());
    CURL* easy = t->easy.get();
    if (!easy) throw Error(ExitCode::internal, "libcurl cannot create a handle");
    set_common_options(easy, arm.endpoint.tls, t->error_text.data());
    curl_easy_setopt(easy, CURLOPT_URL, arm.endpoint.text.c_str());
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    // libcurl compares whole seconds with "more than": 3 means that a connection idle for 4 s is
    // not used again.
    const auto limit = std::chrono::duration_cast<std::chrono::seconds>(max_idle).count() - 1;
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(std::max<std::int64_t>(1, limit)));
    curl_easy_setopt(
        easy, CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(arm.endpoint.connect_timeout / std::chrono::milliseconds(1)));
    if (arm.pinned) curl_easy_setopt(easy, CURLOPT_RESOLVE, arm.pinned.get());
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Impl::on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t.get());
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Impl::on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Impl::on_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, t.get());
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Impl::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t.get());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Impl::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t.get());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, t.get());
    return t;
  }

  std::unique_ptr<Transfer> take_transfer(ArmSlot& arm) {
    if (arm.spare.empty()) return make_transfer(arm);
    auto t = std::move(arm.spare.back());
    arm.spare.pop_back();
    t->sent = t->headers_done = false;
    t->status = t->open_errno = 0;
    t->last_read = 0;
    t->content_type.clear();
    t->error_text[0] = '\0';
    return t;
  }

  void recycle(std::unique_ptr<Transfer> t) {
    curl_multi_remove_handle(multi.get(), t->easy.get());
    t->arm->spare.push_back(std::move(t));
  }

  void act(curl_socket_t fd, int mask) {
    ++action;
    int running = 0;
    const CURLMcode code = curl_multi_socket_action(multi.get(), fd, mask, &running);
    if (code != CURLM_OK) {
      throw Error(ExitCode::internal,
                  fmt::format("libcurl lost its state: {}", curl_multi_strerror(code)));
    }
  }

  bool reap() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const TimePoint at = now();
      const CURLcode code = message->data.result;
      void* self = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
      auto& t = *static_cast<Transfer*>(self);
      long os_errno = t.open_errno;
      if (code != CURLE_OK && os_errno == 0) {
        curl_easy_getinfo(t.easy.get(), CURLINFO_OS_ERRNO, &os_errno);
      }
      const load::TransferEnd end = classify(code, t.error_text.data(), os_errno, t.sent);
      const load::RequestKey key = t.key;
      recycle(std::move(transfers.extract(key).mapped()));
      if (events && !error) events->on_done(key, at, end);
      any = true;
    }
    return any;
  }
};

CurlTransport::CurlTransport(Loop& loop)
    : impl_(std::make_unique<Impl>(loop, static_cast<Loop::Watcher&>(*this))) {
  for (const Arm arm : kArms) impl_->arms[index_of(arm)].arm = arm;
}
CurlTransport::~CurlTransport() = default;

void CurlTransport::set_endpoint(Arm arm, const Endpoint& endpoint) {
  auto& slot = impl_->arms[index_of(arm)];
  slot.spare.clear();
  slot.endpoint = endpoint;
  curl_slist* headers = nullptr;
  for (const auto& header : endpoint.headers) append_header(headers, header);
  append_header(headers, "Expect:");  // never wait for 100-continue
  slot.headers.reset(headers);
  slot.pinned.reset();
  if (!endpoint.address.empty()) {
    const bool literal = endpoint.address.find(':') != std::string::npos;
    curl_slist* pinned = nullptr;
    append_header(pinned, fmt::format("{}:{}:{}{}{}", endpoint.url.host, endpoint.url.port,
                                      literal ? "[" : "", endpoint.address, literal ? "]" : ""));
    slot.pinned.reset(pinned);
  }
}

void CurlTransport::set_pool_size(std::size_t connections) {
  curl_multi_setopt(impl_->multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(connections));
}

void CurlTransport::set_max_idle(Duration limit) {
  impl_->max_idle = limit;
}

SocketHealth CurlTransport::take_health(Arm arm) {
  const LogHistogram reads = std::exchange(impl_->arms[index_of(arm)].reads, {});
  return {impl_->ledger.take(arm), static_cast<std::uint64_t>(reads.quantile(0.99)),
          static_cast<std::uint64_t>(reads.max())};
}

void CurlTransport::set_events(load::TransferEvents* events) {
  impl_->events = events;
}

void CurlTransport::start(load::RequestKey key, Arm arm, const std::string& request_id,
                          std::string_view body) {
  auto& slot = impl_->arms[index_of(arm)];
  ABGATE_ASSERT(!slot.endpoint.text.empty());
  auto t = impl_->take_transfer(slot);
  CURL* easy = t->easy.get();
  t->key = key;
  t->id_header = "X-Request-Id: " + request_id;
  t->headers.data = t->id_header.data();
  t->headers.next = slot.headers.get();
  t->begun = now();
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, &t->headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
  if (curl_multi_add_handle(impl_->multi.get(), easy) != CURLM_OK) {
    throw Error(ExitCode::internal, "libcurl refuses a request");
  }
  const bool added = impl_->transfers.emplace(key, std::move(t)).second;
  ABGATE_ASSERT(added);
}

void CurlTransport::cancel(load::RequestKey key) {
  auto node = impl_->transfers.extract(key);
  if (!node.empty()) impl_->recycle(std::move(node.mapped()));
}

bool CurlTransport::turn(TimePoint now) {
  if (impl_->deadline && *impl_->deadline <= now) {
    impl_->deadline.reset();
    impl_->act(CURL_SOCKET_TIMEOUT, 0);
  }
  const bool any = impl_->reap();
  if (impl_->error) std::rethrow_exception(std::exchange(impl_->error, nullptr));
  return any;
}

std::optional<TimePoint> CurlTransport::next_turn() const {
  return impl_->deadline;
}

void CurlTransport::on_ready(int fd, bool readable, bool writable, bool error) {
  if (readable && ++impl_->readable_count % kQueueEvery == 0) {
    int waiting = 0;
    const auto arm = impl_->ledger.arm_of(fd);
    if (arm && ioctl(fd, FIONREAD, &waiting) == 0) {
      impl_->arms[index_of(*arm)].reads.record(waiting);
    }
  }
  int mask = 0;
  if (readable) mask |= CURL_CSELECT_IN;
  if (writable) mask |= CURL_CSELECT_OUT;
  if (error) mask |= CURL_CSELECT_ERR;
  impl_->act(fd, mask);
}

}  // namespace abgate::http
