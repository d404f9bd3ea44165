#include "sse/splitter.hpp"

#include <algorithm>
#include <utility>

#include "sse/event_fields.hpp"

namespace abgate::sse {

std::size_t RawStream::size() const {
  std::size_t size = bytes.size();
  for (const std::string& piece : filled) size += piece.size();
  return size;
}

void RawStream::join() {
  if (filled.empty()) return;
  std::string body;
  body.reserve(size());
  for (const std::string& piece : filled) body += piece;
  body += bytes;
  filled = {};
  bytes = std::move(body);
}

// Takes one line, or the part of it that has arrived, and moves `at` behind it. True: an event
// ended.
bool EventSplitter::next_line(std::string_view bytes, std::size_t& at) {
  if (after_cr_) {
    after_cr_ = false;
    if (bytes[at] == '\n') {
      ++at;
      return false;
    }
  }
  const std::size_t end = line_end(bytes, at);
  if (end > at && !in_line_) {
    in_line_ = true;
    if (!in_event_) {
      in_event_ = true;
      event_begin_ = fed_ + static_cast<std::uint32_t>(at);
    }
    has_field_ = has_field_ || bytes[at] != ':';
  }
  if (end > at) event_end_ = fed_ + static_cast<std::uint32_t>(end);
  at = end;
  if (end == bytes.size()) return false;
  after_cr_ = bytes[end] == '\r';
  ++at;
  if (in_line_) {
    in_line_ = false;
    return false;
  }
  if (has_field_) return true;
  start_event();
  return false;
}

bool EventSplitter::close_last() {
  in_line_ = false;
  return has_field_;
}

void StreamCollector::append(RawStream& stream, std::string_view bytes, Duration at,
                             bool same_read) {
  if (!same_read) event_in_read_ = false;
  last_at_ = at;
  if (!stream.first_byte && !bytes.empty()) stream.first_byte = at;
  if (!stream.bytes.empty() && stream.bytes.size() + bytes.size() > kPieceBytes) {
    stream.filled.push_back(std::exchange(stream.bytes, {}));
    stream.bytes.reserve(std::max(kPieceBytes, bytes.size()));
  }
  stream.bytes.append(bytes);
  splitter_.feed(bytes, [&](std::uint32_t offset, std::uint32_t length) {
    stream.events.push_back({offset, length, at, event_in_read_});
    event_in_read_ = true;
  });
}

void StreamCollector::finish(RawStream& stream, Duration at) {
  // The event was complete with the bytes that came last; the end of the body only tells so.
  splitter_.finish([&](std::uint32_t offset, std::uint32_t length) {
    stream.events.push_back({offset, length, last_at_, event_in_read_});
  });
  stream.closed = at;
}

}  // namespace abgate::sse
