#pragma once
// gzip streams: compressing with flush points, and decompressing line by line in constant memory.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace abgate::store {

/// Compresses into memory. Deterministic: no name and no time in the header.
class GzipEncoder {
 public:
  GzipEncoder();
  ~GzipEncoder();
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  /// Appends compressed bytes to `out`; what is pending stays inside.
  void write(std::string_view bytes, std::string& out);
  /// Makes everything written so far readable (Z_SYNC_FLUSH).
  void flush(std::string& out);
  /// Ends the stream with its checksum. Nothing may follow.
  void finish(std::string& out);

 private:
  void run(std::string_view bytes, int mode, std::string& out);
  struct State;
  std::unique_ptr<State> state_;
};

std::string gzip(std::string_view bytes);

/// Reads a gzip file line by line. Memory is bounded by the longest line (64 MiB at most).
class GzipLines {
 public:
  /// Bytes after a line that may be read (not written): simdjson's padding.
  static constexpr std::size_t kPadding = 64;

  /// Throws DataError if the file cannot be opened or is no gzip file. With `unfinished`, a stream
  /// that ends before its checksum is no error: the complete lines before the cut are delivered.
  GzipLines(std::string path, bool unfinished);
  ~GzipLines();
  GzipLines(const GzipLines&) = delete;
  GzipLines& operator=(const GzipLines&) = delete;

  /// False at the end. The line is valid until the next call. Throws DataError (file and line)
  /// where the stream is cut or damaged, or a line is too long.
  bool next(std::string_view& line);
  /// Everything from the start, instead of lines.
  std::string read_all();
  /// Number of the last line delivered, from 1.
  int line() const { return line_; }

 private:
  bool fill();
  bool take(std::size_t end, std::size_t after, std::string_view& line);
  [[noreturn]] void fail(const std::string& seen, const std::string& wanted) const;
  struct State;
  std::unique_ptr<State> state_;
  std::string path_;
  bool unfinished_;
  std::vector<char> window_;
  std::size_t begin_ = 0, end_ = 0;
  bool ended_ = false;
  int line_ = 0;
};

/// The whole content of a gzip file; DataError as above.
std::string read_gzip(const std::string& path);

}  // namespace abgate::store
