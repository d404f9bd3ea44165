#pragma once
// Where a run is written: <out>/<UTC>-<scenario>/.
//
//   manifest.json scenario.yaml suites/ raw/<point>/<block>-<arm>.jsonl.gz metrics/ gpu.csv
//   telemetry.json SHA256SUMS DONE                                    and what is computed:
//   verdict.json report.md …
//
// Every file is written aside, synced and renamed; DONE comes last. No file holds a secret.

#include <string>
#include <string_view>

#include "core/manifest.hpp"
#include "core/record.hpp"
#include "core/suite.hpp"
#include "core/telemetry.hpp"
#include "store/cell_writer.hpp"
#include "store/redact.hpp"

namespace abgate::store {

/// One run being written. Not thread-safe, but for CellWriters of different cells.
class RunFolder {
 public:
  /// Makes a new folder below `out`. `utc` as utc_now_compact(). A name that is taken gets "-2",
  /// "-3", … (mkdir decides, so two processes at once get two folders).
  static RunFolder create(const std::string& out, const std::string& utc,
                          const std::string& scenario_name, Redactor redact = {});
  /// Opens an existing one, to add what is computed.
  static RunFolder open(const std::string& path);

  const std::string& path() const { return path_; }
  /// The folder's name.
  std::string id() const;

  /// manifest.json and scenario.yaml; may be called again as facts become known.
  void write_manifest(const Manifest& manifest) const;
  /// The writer of raw/<cell_name>.jsonl.gz; `cell` as in CellWriter.
  CellWriter open_cell(const CellRecord& cell) const;
  /// A whole cell at once.
  void write_cell(const CellRecord& cell) const;
  /// telemetry.json and gpu.csv, all of it each time: call it after each cell, so that a crash
  /// loses little.
  void write_telemetry(const Telemetry& telemetry, TimePoint clock_zero) const;
  /// metrics/<name>.prom.gz: one scrape as it was read.
  void write_scrape(const std::string& name, std::string_view text) const;
  /// Copies a suite file (gzipped if it is not) to suites/<role>.jsonl.gz and describes it.
  SuiteCopy copy_suite(const std::string& role, const Suite& suite) const;
  /// Any other file, by its path within the folder.
  void write(const std::string& relative, std::string_view bytes) const;
  /// SHA256SUMS over everything that was recorded, DONE, and the `latest` link beside the folder.
  void finish() const;

 private:
  RunFolder(std::string path, Redactor redact);
  std::string path_;
  Redactor redact_;
};

/// "raw/c8/003-candidate.jsonl.gz"
std::string raw_file(const CellRecord& cell);
/// Letters, digits, '.', '_' and '-' stay, everything else becomes '-'; never empty, "." or "..".
std::string safe_name(std::string_view name);

}  // namespace abgate::store
