#pragma once
// One function a command. Each returns the exit code; errors of input and environment are thrown.

#include <iosfwd>

#include "cli/options.hpp"
#include "core/exit_code.hpp"

namespace abgate::cli {

struct Streams {
  std::ostream& out;
  std::ostream& err;
};

ExitCode execute(const CompareOptions& options, Streams io);
ExitCode execute(const RecordOptions& options, Streams io);
ExitCode execute(const JudgeOptions& options, Streams io);
ExitCode execute(const ReportCommandOptions& options, Streams io);
ExitCode execute(const PlanOptions& options, Streams io);
ExitCode execute(const CheckOptions& options, Streams io);
ExitCode execute(const SnapshotOptions& options, Streams io);
ExitCode execute(const EvalOptions& options, Streams io);
ExitCode execute(const ImportOptions& options, Streams io);
ExitCode execute(const CarveOptions& options, Streams io);
ExitCode execute(const SuiteVerifyOptions& options, Streams io);
ExitCode execute(const NightlyOptions& options, Streams io);
ExitCode execute(const HistoryOptions& options, Streams io);
ExitCode execute(const CalibrateJudgeOptions& options, Streams io);
ExitCode execute(const CalibrateClientOptions& options, Streams io);
ExitCode execute(const SearchSloOptions& options, Streams io);
ExitCode execute(const SearchCrossoverOptions& options, Streams io);
ExitCode execute(const SearchReportOptions& options, Streams io);
ExitCode execute(const SchemaOptions& options, Streams io);

}  // namespace abgate::cli
