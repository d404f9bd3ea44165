#include "cli/cache_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "../catch.hpp"
#include "../quality/temp_dir.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {

/// Sets an environment variable (nullptr: unsets it) for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* was = std::getenv(name)) was_ = was;
    value != nullptr ? setenv(name, value, 1) : unsetenv(name);
  }
  ~Variable() { was_ ? setenv(name_, was_->c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> was_;
};

struct Found {
  std::string file, notes;
};
Found find() {
  Found out;
  out.file = verdict_cache_file([&](const std::string& line) { out.notes += line + "\n"; });
  return out;
}

mode_t mode_of(const std::string& path) {
  struct stat is {};
  REQUIRE(stat(path.c_str(), &is) == 0);
  return is.st_mode & 07777;
}

/// No file, and one line that says why.
void refused(const std::string& why) {
  const Found found = find();
  CAPTURE(found.file, found.notes);
  CHECK(found.file.empty());
  CHECK_THAT(found.notes, ContainsSubstring("are not kept: "));
  CHECK_THAT(found.notes, ContainsSubstring(why));
  CHECK(std::count(found.notes.begin(), found.notes.end(), '\n') == 1);
}

}  // namespace

TEST_CASE("Verdicts are kept in the user's folder for caches, for the user alone", "[cli][cache]") {
  const TempDir dir;
  const Variable home("HOME", dir.at("home").c_str());
  {
    const Variable xdg("XDG_CACHE_HOME", dir.at("xdg").c_str());
    const mode_t mask = umask(0);
    const Found found = find();
    umask(mask);
    CHECK(found.file == dir.at("xdg/abgate/verdicts.jsonl"));
    CHECK(found.notes.empty());
    CHECK(mode_of(found.file) == 0600);
    CHECK(mode_of(dir.at("xdg/abgate")) == 0700);
    CHECK(find().file == found.file);
  }
  for (const char* xdg : {static_cast<const char*>(nullptr), "", "relative/folder"}) {
    const Variable set("XDG_CACHE_HOME", xdg);
    CHECK(find().file == dir.at("home/.cache/abgate/verdicts.jsonl"));
  }
  CHECK_FALSE(std::filesystem::exists("relative"));
  const Variable no_xdg("XDG_CACHE_HOME", nullptr), no_home("HOME", nullptr);
  refused("neither XDG_CACHE_HOME nor HOME names a folder");
}

TEST_CASE("A cache that others own or may write to is not used", "[cli][cache]") {
  const TempDir dir;
  const Variable xdg("XDG_CACHE_HOME", dir.path().c_str());
  const std::string file = find().file, folder = dir.at("abgate");
  REQUIRE_FALSE(file.empty());
  for (const mode_t mode : {mode_t{0620}, mode_t{0602}}) {
    REQUIRE(chmod(file.c_str(), mode) == 0);
    refused("a file that others may write to");
  }
  REQUIRE(chmod(file.c_str(), 0644) == 0);
  CHECK(find().file == file);
  REQUIRE(chmod(folder.c_str(), 0777) == 0);
  refused("a folder that others may write to");
  REQUIRE(chmod(folder.c_str(), 0700) == 0);
  if (geteuid() == 0) {
    REQUIRE(chown(file.c_str(), 65534, 65534) == 0);
    refused("a file of another user");
    REQUIRE(chown(file.c_str(), 0, 0) == 0);
    REQUIRE(chown(folder.c_str(), 65534, 65534) == 0);
    refused("a folder of another user");
    REQUIRE(chown(folder.c_str(), 0, 0) == 0);
  } else {
    WARN("skipped: only root can make files of another user");
  }
  std::filesystem::remove(file);
  std::filesystem::create_symlink(dir.write("elsewhere", ""), file);
  refused("symbolic link");
  std::filesystem::remove(file);
  REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  refused("no file");
  std::filesystem::remove_all(folder);
  dir.write("abgate", "in its place");
  refused("Not a directory");
}

TEST_CASE("A cache that grew too large is begun anew", "[cli][cache]") {
  const TempDir dir;
  const Variable xdg("XDG_CACHE_HOME", dir.path().c_str());
  const std::string file = find().file;
  std::filesystem::resize_file(file, (std::uintmax_t{64} << 20));
  CHECK(find().file == file);
  CHECK(std::filesystem::file_size(file) == std::uintmax_t{64} << 20);
  std::filesystem::resize_file(file, (std::uintmax_t{64} << 20) + 1);
  CHECK(find().file == file);
  CHECK(std::filesystem::file_size(file) == 0);
}
