#pragma once
// Reads text files line by line in constant memory, gz or plain, and never hands out a line that is
// longer than the caller bargained for.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace abgate::dataset {

/// The longest line that any reader here accepts; a decompression bomb stops at it.
inline constexpr std::size_t kMaxLineBytes = std::size_t{32} << 20;

/// Not thread-safe. Every error is a DataError that names the file and the line.
class LineReader {
 public:
  /// Opens `path` (gz is recognised by its content). Throws DataError if it cannot be read, or if
  /// it is called *.gz and is none.
  explicit LineReader(const std::string& path);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;

  /// The next line without its end ("\n" or "\r\n"); false at the end of the file. Throws DataError
  /// on a cut or broken gz stream, a NUL byte, a line above kMaxLineBytes, or more than 2^31 - 1
  /// lines.
  bool next(std::string& line);
  /// Number of the line that next() returned last, from 1.
  int line() const;

  /// What was read ahead: looked at without taking it. Empty at the end of the file only.
  std::string_view peek();
  /// Takes `count` bytes of peek(); a byte reader's way through a file that has no lines.
  void skip(std::size_t count);
  const std::string& path() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Windows editors put the three bytes of U+FEFF in front of UTF-8; takes them off a fresh reader.
void skip_byte_order_mark(LineReader& reader);

/// The whole file, gz or plain; throws DataError, also above `max_bytes`.
std::string read_text(const std::string& path, std::size_t max_bytes);

/// FNV-1a of a file's bytes as they lie on disk, 16 hex digits. Throws DataError.
std::string file_hash(const std::string& path);

}  // namespace abgate::dataset
