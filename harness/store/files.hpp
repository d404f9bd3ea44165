#pragma once
// Small file operations with clear errors. A file that others may read is written aside, synced,
// renamed.

#include <string>
#include <string_view>

namespace abgate::store {

/// The file's bytes. Throws DataError if it cannot be read.
std::string read_file(const std::string& path);

/// Replaces the file at once: no reader ever sees half of it, and it survives a crash after the
/// return. Makes missing folders. Throws Error (void_run) with the system's reason.
void write_file(const std::string& path, std::string_view bytes);

/// Makes a folder and its parents.
void make_folders(const std::string& path);

/// An open file that is appended to, then synced and renamed to its final name.
class AppendFile {
 public:
  /// Writes to `path` + ".part" until commit().
  explicit AppendFile(std::string path);
  ~AppendFile();  ///< leaves the .part file
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&&) = delete;

  void append(std::string_view bytes);
  void commit();

 private:
  std::string path_;
  int fd_ = -1;
};

inline constexpr std::string_view kPartSuffix = ".part";

/// Lower-case hex SHA-256 of a file's bytes, as sha256sum prints it.
std::string sha256_of_file(const std::string& path);

}  // namespace abgate::store
