#pragma once
// Reads binary data with a fixed byte order and checks every bound.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

class ReadError : public std::runtime_error {
 public:
  ReadError(std::size_t offset, const std::string& what)
      : std::runtime_error("offset " + std::to_string(offset) + ": " + what) {}
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::size_t offset() const { return offset_; }
  std::size_t remaining() const { return bytes_.size() - offset_; }

  std::uint8_t u8() { return static_cast<std::uint8_t>(take(1)[0]); }

  std::uint16_t u16_le() {
    const std::string_view raw = take(2);
    return static_cast<std::uint16_t>(byte(raw, 0) | byte(raw, 1) << 8);
  }

  std::uint32_t u32_le() {
    const std::string_view raw = take(4);
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | byte(raw, i);
    return value;
  }

  /// Unsigned LEB128: seven bits a byte, the lowest first, the top bit set on all but the last.
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = u8();
      value |= static_cast<std::uint64_t>(next & 0x7F) << shift;
      if ((next & 0x80) == 0) return value;
    }
    throw ReadError(offset_, "number is too long");
  }

  /// Text with its length in front.
  std::string text() {
    const std::uint64_t length = varint();
    if (length > remaining()) throw ReadError(offset_, "text is cut");
    return std::string(take(static_cast<std::size_t>(length)));
  }

  void expect(std::string_view magic) {
    const std::size_t at = offset_;
    if (take(magic.size()) != magic) throw ReadError(at, "wrong signature");
  }

 private:
  static std::uint32_t byte(std::string_view raw, std::size_t i) {
    return static_cast<unsigned char>(raw[i]);
  }

  std::string_view take(std::size_t count) {
    if (count > remaining()) throw ReadError(offset_, "data is cut");
    const std::string_view part = bytes_.substr(offset_, count);
    offset_ += count;
    return part;
  }

  std::string_view bytes_;
  std::size_t offset_ = 0;
};
