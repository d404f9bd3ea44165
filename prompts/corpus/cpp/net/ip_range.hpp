#pragma once
// IPv4 addresses and networks in CIDR notation.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace net {

/// "192.0.2.1" → number; nullopt for anything that is not four decimal numbers up to 255.
inline std::optional<std::uint32_t> parse_address(std::string_view text) {
  std::uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value > 255) return std::nullopt;
    address = address << 8 | value;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (part < 3) {
      if (text.empty() || text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
  }
  if (!text.empty()) return std::nullopt;
  return address;
}

inline std::string to_text(std::uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string(address >> shift & 0xFF);
    if (shift > 0) text += '.';
  }
  return text;
}

class Network {
 public:
  /// "10.1.0.0/16"; bits beyond the prefix are cleared.
  static std::optional<Network> parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = parse_address(text.substr(0, slash));
    unsigned prefix = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, prefix);
    if (!address || error != std::errc() || stop != end || prefix > 32) return std::nullopt;
    return Network(*address, prefix);
  }

  bool contains(std::uint32_t address) const { return (address & mask()) == base_; }
  bool contains(const Network& other) const { return other.prefix_ >= prefix_ && contains(other.base_); }
  std::uint64_t size() const { return std::uint64_t{1} << (32 - prefix_); }
  std::uint32_t last() const { return base_ | ~mask(); }
  std::string text() const { return to_text(base_) + "/" + std::to_string(prefix_); }

 private:
  Network(std::uint32_t address, unsigned prefix) : base_(0), prefix_(prefix) { base_ = address & mask(); }

  std::uint32_t mask() const { return prefix_ == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix_); }

  std::uint32_t base_;
  unsigned prefix_;
};

}  // namespace net
