#pragma once
// Server-sent events (WHATWG HTML 9.2), first half: finds where events end while bytes arrive.
// Nothing is decoded here: the loop only splits, stamps and stores; sse/record_builder.hpp reads
// the rest later.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace abgate::sse {

/// One event: its raw lines (field names, line ends between them and comments included, the blank
/// line that ends it not) as a range of the body. Blocks that hold only comments are no events.
struct StampedEvent {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  Duration at{0};          ///< since `started`: the read that brought the event's last byte
  bool same_read = false;  ///< the event before it came with the same read
};

/// One response as received: filled in the loop, joined and read once afterwards, elsewhere. Times are
/// since `started`.
struct RawStream {
  int status = 0;            ///< 0: no response line came
  std::string content_type;  ///< as sent, parameters included
  std::vector<std::string> filled;  ///< the body up to `bytes`, in order; empty after join()
  std::string bytes;                ///< the body, or the rest of it
  std::vector<StampedEvent> events;
  std::optional<Duration> headers, first_byte;
  Duration closed{0};
  bool ended_ok = false;  ///< the transport received the body to its end

  /// Bytes of the body received.
  std::size_t size() const;
  /// Puts the whole body into `bytes`.
  void join();
};

/// Finds the ends of events in a body that arrives in pieces cut anywhere. Lines end with LF, CRLF
/// or CR. Keeps a few words of state and no bytes; allocates nothing. Not thread-safe.
class EventSplitter {
 public:
  /// Scans `bytes`, the continuation of what was fed before, and calls
  /// `on_event(std::uint32_t offset, std::uint32_t length)` for every event that ends in it;
  /// offsets count from the first byte ever fed.
  template <typename OnEvent>
  void feed(std::string_view bytes, OnEvent&& on_event) {
    std::size_t at = 0;
    while (at < bytes.size()) {
      if (next_line(bytes, at)) {
        on_event(event_begin_, event_end_ - event_begin_);
        start_event();
      }
    }
    fed_ += static_cast<std::uint32_t>(bytes.size());
  }

  /// The body ended: reports the last event if no blank line followed it.
  template <typename OnEvent>
  void finish(OnEvent&& on_event) {
    if (close_last()) on_event(event_begin_, event_end_ - event_begin_);
    start_event();
  }

 private:
  bool next_line(std::string_view bytes, std::size_t& at);
  bool close_last();
  void start_event() { in_event_ = has_field_ = false; }

  std::uint32_t fed_ = 0;  ///< bytes of earlier calls
  std::uint32_t event_begin_ = 0;
  std::uint32_t event_end_ = 0;  ///< end of the event's last complete line, without its line end
  bool in_event_ = false;        ///< a line of the event was begun
  bool has_field_ = false;       ///< one of them is no comment
  bool in_line_ = false;         ///< the current line has bytes
  bool after_cr_ = false;        ///< a LF now belongs to the CR before it
};

/// What the loop does with received bytes: stores them in the stream, splits them and stamps the
/// events. A long body is stored in pieces: one growing buffer would be copied at every doubling, by
/// all streams of a load that began together in the same few milliseconds. One per response; not thread-safe. `same_read`: these bytes came with the same wake-up
/// of the socket as the bytes before them.
class StreamCollector {
 public:
  static constexpr std::size_t kPieceBytes = 16 * 1024;

  void append(RawStream& stream, std::string_view bytes, Duration at, bool same_read);
  /// The response ended: keeps a last event that no blank line followed.
  void finish(RawStream& stream, Duration at);

 private:
  EventSplitter splitter_;
  bool event_in_read_ = false;  ///< this wake-up has brought an event already
  Duration last_at_{0};
};

}  // namespace abgate::sse
