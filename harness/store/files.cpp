#include "store/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "core/error.hpp"

namespace abgate::store {

namespace {
[[noreturn]] void cannot(const char* what, const std::string& path, int error) {
  throw Error(ExitCode::void_run,
              fmt::format("{}: cannot {}: {}", path, what, std::strerror(error)));
}

void sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // the rename is done; only its durability is in doubt
  ::fsync(fd);
  ::close(fd);
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

File open_for_reading(const std::string& path) {
  File file(std::fopen(path.c_str(), "rb"));
  if (!file) throw DataError(Place{path, 0, 0}, "", std::strerror(errno), "a readable file");
  return file;
}

template <typename OnChunk>
void read_chunks(const std::string& path, const OnChunk& on_chunk) {
  const File file = open_for_reading(path);
  std::array<char, 64 * 1024> chunk;
  while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    on_chunk(std::string_view(chunk.data(), n));
  }
  if (std::ferror(file.get()) != 0) {
    throw DataError(Place{path, 0, 0}, "", std::strerror(errno), "a readable file");
  }
}
}  // namespace

std::string read_file(const std::string& path) {
  std::string out;
  read_chunks(path, [&](std::string_view chunk) { out += chunk; });
  return out;
}

void make_folders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) cannot("make the folder", path, error.value());
}

void write_file(const std::string& path, std::string_view bytes) {
  AppendFile file(path);
  file.append(bytes);
  file.commit();
}

AppendFile::AppendFile(std::string path) : path_(std::move(path)) {
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  if (!folder.empty()) make_folders(folder);
  const std::string part = path_ + std::string(kPartSuffix);
  fd_ = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) cannot("write", part, errno);
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

AppendFile::~AppendFile() {
  if (fd_ >= 0) ::close(fd_);
}

void AppendFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) cannot("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void AppendFile::commit() {
  if (::fsync(fd_) != 0) cannot("sync", path_, errno);
  const int closed = ::close(std::exchange(fd_, -1));
  if (closed != 0) cannot("close", path_, errno);
  const std::string part = path_ + std::string(kPartSuffix);
  if (std::rename(part.c_str(), path_.c_str()) != 0) cannot("rename into place", path_, errno);
  sync_folder_of(path_);
}

std::string sha256_of_file(const std::string& path) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  ABGATE_ASSERT(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  read_chunks(path, [&](std::string_view chunk) {
    ABGATE_ASSERT(EVP_DigestUpdate(context.get(), chunk.data(), chunk.size()) == 1);
  });
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  ABGATE_ASSERT(EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1);
  std::string out;
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

}  // namespace abgate::store
