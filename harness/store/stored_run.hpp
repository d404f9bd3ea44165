#pragma once
// A run as it lies on disk, and two of them judged as one.

#include <functional>
#include <string>
#include <vector>

#include "core/manifest.hpp"
#include "core/record.hpp"
#include "core/telemetry.hpp"

namespace abgate::store {

/// One raw file, and the arm that it counts as (merging can rename it).
struct CellFile {
  std::string path;
  std::string name;  ///< "c8/003-candidate", with the arm that it counts as
  Arm arm = Arm::baseline;
  bool unfinished = false;  ///< the run was cut short while it was written
};

/// Everything but the records, which are read cell by cell.
struct StoredRun {
  std::string path;
  Manifest manifest;
  Telemetry telemetry;
  std::vector<CellFile> cells;  ///< in the manifest's order; unexpected ones after them, by name
  std::vector<CellFile> likelihood;  ///< likelihood/<task>-<arm>, by name; empty: no such pass
  std::vector<std::string> missing;  ///< expected, not found
  bool done = false;                 ///< DONE is there: the run came to its end
};

/// Opens a run folder. Throws DataError: no such folder, no manifest, another format version
/// (naming the command that records it again), damaged manifest or telemetry. A run that was killed
/// opens too: `done` is false and `manifest.interrupted` set.
StoredRun load_run(const std::string& path);

/// Hands every cell over, in order. See read_cells(); DataError with file and line for what is
/// damaged.
void for_each_cell(const StoredRun& run, const std::function<void(CellRecord&&)>& on_cell,
                   unsigned threads = 2);
/// All cells at once; 16 bytes an event.
std::vector<CellRecord> load_cells(const StoredRun& run, unsigned threads = 2);

/// Takes the baseline (and control) of `a` and the candidate of `b`. A run of a single arm counts
/// as the side that is asked of it, whatever its arm was called. Throws DataError if the two did
/// not send the same requests (plan hashes) or a side has no cells.
StoredRun merge_runs(const StoredRun& a, const StoredRun& b);

}  // namespace abgate::store
