#include "dataset/line_reader.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "core/error.hpp"

namespace abgate::dataset {

namespace {

constexpr unsigned kChunk = 1U << 16U;

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

/// gzFile with errors as DataError.
class GzSource {
 public:
  explicit GzSource(const std::string& path) : path_(path) {
    if (is_directory(path)) throw DataError({path}, "", "a directory", "a file");
    errno = 0;
    file_ = gzopen(path.c_str(), "rb");
    if (file_ == nullptr) {
      throw DataError({path}, "", errno != 0 ? std::strerror(errno) : "no memory",
                      "a readable file");
    }
    gzbuffer(file_, kChunk);
    if (path.ends_with(".gz") && gzdirect(file_) != 0) {
      gzclose(file_);
      throw DataError({path}, "", "no gzip header", "a gzip file, as its name says");
    }
  }
  ~GzSource() { gzclose(file_); }
  GzSource(const GzSource&) = delete;
  GzSource& operator=(const GzSource&) = delete;

  /// Bytes read, 0 at the end.
  std::size_t read(char* data, unsigned size, int line) {
    const int n = gzread(file_, data, size);
    int code = Z_OK;
    const char* message = gzerror(file_, &code);
    if (n < 0 || (n == 0 && code != Z_OK && code != Z_STREAM_END)) {
      const bool cut = code == Z_BUF_ERROR;
      const std::string why =
          code == Z_ERRNO ? std::strerror(errno) : (message != nullptr ? message : "?");
      throw DataError({path_, line}, "", cut ? "a gzip stream that is cut short" : why,
                      "an intact file");
    }
    return static_cast<std::size_t>(n);
  }

 private:
  std::string path_;
  gzFile file_ = nullptr;
};

}  // namespace

struct LineReader::State {
  explicit State(const std::string& p) : path(p), source(p) {}

  std::string path;
  GzSource source;
  std::array<char, kChunk> chunk{};
  std::size_t begin = 0, end = 0;
  int number = 0;

  bool fill() {
    begin = 0;
    end = source.read(chunk.data(), kChunk, number + 1);
    return end > 0;
  }
  void append(std::string& line, std::size_t count) {
    if (line.size() + count > kMaxLineBytes) {
      throw DataError({path, number + 1}, "", fmt::format("a line above {} bytes", kMaxLineBytes),
                      "shorter lines");
    }
    line.append(chunk.data() + begin, count);
    begin += count;
  }
};

LineReader::LineReader(const std::string& path) : state_(std::make_unique<State>(path)) {}
LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

bool LineReader::next(std::string& line) {
  State& s = *state_;
  line.clear();
  bool any = false;
  for (;;) {
    if (s.begin == s.end && !s.fill()) break;
    any = true;
    const void* newline = std::memchr(s.chunk.data() + s.begin, '\n', s.end - s.begin);
    if (newline == nullptr) {
      s.append(line, s.end - s.begin);
      continue;
    }
    const auto at = static_cast<std::size_t>(static_cast<const char*>(newline) - s.chunk.data());
    s.append(line, at - s.begin);
    ++s.begin;
    break;
  }
  if (!any) return false;
  if (s.number == std::numeric_limits<int>::max()) {
    throw DataError({s.path}, "", fmt::format("more than {} lines", s.number), "a shorter file");
  }
  ++s.number;
  if (line.ends_with('\r')) line.pop_back();
  if (const std::size_t nul = line.find('\0'); nul != std::string::npos) {
    throw DataError({s.path, s.number, static_cast<int>(nul) + 1}, "", "a NUL byte", "text");
  }
  return true;
}

int LineReader::line() const {
  return state_->number;
}

std::string_view LineReader::peek() {
  State& s = *state_;
  if (s.begin == s.end) s.fill();
  return {s.chunk.data() + s.begin, s.end - s.begin};
}

void LineReader::skip(std::size_t count) {
  ABGATE_ASSERT(count <= state_->end - state_->begin);
  state_->begin += count;
}

const std::string& LineReader::path() const {
  return state_->path;
}

void skip_byte_order_mark(LineReader& reader) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (reader.peek().starts_with(kMark)) reader.skip(kMark.size());
}

std::string read_text(const std::string& path, std::size_t max_bytes) {
  GzSource source(path);
  std::string text;
  std::array<char, kChunk> chunk{};
  while (const std::size_t n = source.read(chunk.data(), kChunk, 0)) {
    if (text.size() + n > max_bytes) {
      throw DataError({path}, "", fmt::format("more than {} bytes", max_bytes), "a smaller file");
    }
    text.append(chunk.data(), n);
  }
  return text;
}

std::string file_hash(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || is_directory(path)) throw DataError({path}, "", "no such file", "a readable file");
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  std::array<char, kChunk> chunk{};
  while (file.read(chunk.data(), kChunk) || file.gcount() > 0) {
    for (std::streamsize i = 0; i < file.gcount(); ++i) {
      hash = (hash ^ static_cast<unsigned char>(chunk[static_cast<std::size_t>(i)])) *
             0x100000001B3ULL;
    }
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace abgate::dataset
