#include "store/run_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "store/files.hpp"
#include "store/gzip.hpp"
#include "store/manifest_codec.hpp"

namespace abgate::store {

namespace fs = std::filesystem;

namespace {
/// Files that are recorded, not computed: what SHA256SUMS vouches for.
bool is_recorded(const std::string& relative) {
  for (const std::string_view start : {"raw/", "metrics/", "suites/"}) {
    if (relative.starts_with(start)) return true;
  }
  return relative == "manifest.json" || relative == "scenario.yaml" ||
         relative == "telemetry.json" || relative == "gpu.csv";
}

std::vector<std::string> recorded_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string relative = fs::relative(entry.path(), folder).generic_string();
    if (is_recorded(relative)) files.push_back(relative);
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Points <out>/latest at the folder; replaced at once. Best effort: some file systems have no
/// links.
void link_latest(const fs::path& folder) {
  const fs::path link = folder.parent_path() / "latest";
  const fs::path aside =
      folder.parent_path() / fmt::format(".latest-{}", folder.filename().string());
  std::error_code ignored;
  fs::remove(aside, ignored);
  fs::create_symlink(folder.filename(), aside, ignored);
  if (ignored) return;
  fs::rename(aside, link, ignored);
  if (ignored) fs::remove(aside, ignored);
}
}  // namespace

std::string safe_name(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 80)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '.';
    out += plain ? c : '-';
  }
  return out.find_first_not_of(".-") == std::string::npos ? "unnamed" : out;
}

std::string raw_file(const CellRecord& cell) {
  Cell named;
  named.kind = cell.kind;
  named.point = safe_name(cell.point);
  named.block = cell.block;
  return "raw/" + cell_name(named, cell.arm) + ".jsonl.gz";
}

RunFolder::RunFolder(std::string path, Redactor redact)
    : path_(std::move(path)), redact_(std::move(redact)) {}

RunFolder RunFolder::create(const std::string& out, const std::string& utc,
                            const std::string& scenario_name, Redactor redact) {
  make_folders(out);
  const std::string name = utc + "-" + safe_name(scenario_name);
  constexpr int kMostTries = 1000;
  for (int i = 1; i <= kMostTries; ++i) {
    const std::string path =
        (fs::path(out) / (i == 1 ? name : fmt::format("{}-{}", name, i))).string();
    if (::mkdir(path.c_str(), 0755) == 0) return {path, std::move(redact)};
    if (errno != EEXIST) {
      throw Error(ExitCode::void_run,
                  fmt::format("{}: cannot make the run folder: {}", path, std::strerror(errno)));
    }
  }
  throw Error(ExitCode::void_run,
              fmt::format("{}: {} run folders of this name exist", out + "/" + name, kMostTries));
}

RunFolder RunFolder::open(const std::string& path) {
  const fs::path folder = fs::path(path).lexically_normal();
  return {folder.has_filename() ? folder.string() : folder.parent_path().string(), {}};
}

std::string RunFolder::id() const {
  return fs::path(path_).filename().string();
}

void RunFolder::write(const std::string& relative, std::string_view bytes) const {
  write_file(path_ + "/" + relative, bytes);
}

void RunFolder::write_manifest(const Manifest& manifest) const {
  write("manifest.json", encode_manifest(manifest, redact_));
  write("scenario.yaml", redact_(redact_scenario(manifest.scenario_source)));
}

CellWriter RunFolder::open_cell(const CellRecord& cell) const {
  return {path_ + "/" + raw_file(cell), cell, redact_};
}

void RunFolder::write_cell(const CellRecord& cell) const {
  CellWriter writer = open_cell(cell);
  for (const RequestRecord& record : cell.requests) writer.append(record, TimePoint{});
  writer.finish(cell);
}

void RunFolder::write_telemetry(const Telemetry& telemetry, TimePoint clock_zero) const {
  write("telemetry.json", encode_telemetry(telemetry, redact_));
  write("gpu.csv", gpu_csv(telemetry, clock_zero));
}

void RunFolder::write_scrape(const std::string& name, std::string_view text) const {
  write("metrics/" + safe_name(name) + ".prom.gz", gzip(redact_(text)));
}

SuiteCopy RunFolder::copy_suite(const std::string& role, const Suite& suite) const {
  const std::string bytes = read_file(suite.path);
  const bool compressed = bytes.starts_with("\x1f\x8b");
  SuiteCopy copy{role,       suite.name,    "suites/" + safe_name(role) + ".jsonl.gz",
                 suite.hash, suite.licence, suite.items.size()};
  write(copy.file, compressed ? bytes : gzip(bytes));
  return copy;
}

void RunFolder::finish() const {
  std::string sums;
  for (const std::string& file : recorded_files(path_)) {
    sums += fmt::format("{}  {}\n", sha256_of_file(path_ + "/" + file), file);
  }
  write("SHA256SUMS", sums);
  write("DONE", "");
  link_latest(fs::absolute(path_));
}

}  // namespace abgate::store
