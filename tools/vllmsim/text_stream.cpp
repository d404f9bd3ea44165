#include "vllmsim/text_stream.hpp"

#include <algorithm>
#include <utility>

namespace abgate::sim {

namespace {
bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}
}  // namespace

std::size_t whole_code_points(std::string_view bytes) {
  std::size_t back = 0;
  while (back < bytes.size() && back < 3 && is_continuation(bytes[bytes.size() - 1 - back])) ++back;
  if (back == bytes.size()) return bytes.size();
  const std::size_t lead_at = bytes.size() - 1 - back;
  const auto lead = static_cast<unsigned char>(bytes[lead_at]);
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  return back + 1 < size ? lead_at : bytes.size();
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

TextStream::TextStream(StopRules rules) : rules_(std::move(rules)) {
  if (rules_.include_in_output) return;
  for (const std::string& stop : rules_.strings) {
    hold_back_ = std::max(hold_back_, count_code_points(stop) - 1);
  }
}

std::optional<std::string> TextStream::push(std::string_view bytes) {
  ++tokens_;
  partial_ += bytes;
  const std::size_t whole = whole_code_points(partial_);
  const std::size_t old_size = text_.size();
  text_ += std::string_view(partial_).substr(0, whole);
  partial_.erase(0, whole);
  if (tokens_ <= rules_.min_tokens || text_.size() == old_size) return std::nullopt;
  return find_stop(old_size);
}

std::optional<std::string> TextStream::find_stop(std::size_t old_size) {
  for (const std::string& stop : rules_.strings) {
    const std::size_t back = std::min(old_size, stop.size() - 1);
    const std::size_t at = text_.find(stop, old_size - back);
    if (at == std::string::npos) continue;
    text_.resize(rules_.include_in_output ? at + stop.size() : at);
    partial_.clear();
    return stop;
  }
  return std::nullopt;
}

std::string TextStream::take(bool finished) {
  std::size_t end = text_.size();
  for (std::size_t held = finished ? 0 : hold_back_; held > 0 && end > taken_; --held) {
    --end;
    while (end > taken_ && is_continuation(text_[end])) --end;
  }
  if (end <= taken_) return {};
  std::string ready = text_.substr(taken_, end - taken_);
  taken_ = end;
  return ready;
}

}  // namespace abgate::sim
