#pragma once
// Raw teacher-forced log-probabilities: <run>/likelihood/<task>-<arm>.jsonl.gz, a header line, then
// one text a line. The files of all arms list the same texts in the same order.

#include <memory>
#include <string>

#include "core/likelihood.hpp"
#include "store/files.hpp"
#include "store/gzip.hpp"
#include "store/redact.hpp"

namespace abgate::store {

/// "likelihood/reference-candidate.jsonl.gz"
std::string likelihood_file(LikelihoodTask task, Arm arm);

class LikelihoodWriter {
 public:
  explicit LikelihoodWriter(const std::string& path, Redactor redact = {});
  /// Appends one text; readable after a crash (flushed).
  void append(const LikelihoodRecord& record);
  void finish();

 private:
  AppendFile file_;
  std::unique_ptr<GzipEncoder> encoder_;
  Redactor redact_;
};

class LikelihoodReader {
 public:
  /// Throws DataError: no such file, no gzip file, another format version. `unfinished`: the run was
  /// cut short, what is there is read.
  LikelihoodReader(const std::string& path, bool unfinished);
  /// False at the end. Throws DataError with file and line for a damaged line.
  bool next(LikelihoodRecord& record);

 private:
  std::string path_;
  std::unique_ptr<GzipLines> lines_;
};

}  // namespace abgate::store
