#include <fmt/format.h>

#include <cmath>
#include <ostream>
#include <string>
#include <utility>

#include "cli/cache_file.hpp"
#include "cli/commands.hpp"
#include "core/error.hpp"
#include "quality/carve.hpp"
#include "quality/execute.hpp"
#include "quality/import.hpp"
#include "quality/sandbox.hpp"
#include "quality/suite.hpp"

namespace abgate::cli {

ExitCode execute(const ImportOptions& options, Streams io) {
  const Suite suite = quality::import_suite(options.format, options.file);
  quality::write_suite(suite, options.out);
  io.out << fmt::format("{}: {} items from {}\n", options.out, suite.items.size(), options.file);
  return ExitCode::go;
}

ExitCode execute(const CarveOptions& options, Streams io) {
  quality::CarveOptions carve;
  carve.seed = options.seed;
  carve.per_file = options.per_file;
  carve.max_items = options.max_items;
  quality::CarveReport report;
  const Suite suite = quality::carve(options.folder, carve, &report);
  quality::write_suite(suite, options.out);
  io.out << fmt::format("{}: {} items from {} files ({} files skipped)\n", options.out,
                        suite.items.size(), report.files, report.skipped);
  return ExitCode::go;
}

ExitCode execute(const SuiteVerifyOptions& options, Streams io) {
  const Suite suite = quality::load_suite(options.suite);
  std::string why;
  auto sandbox = quality::make_best_sandbox(why);
  if (!sandbox) throw Error(ExitCode::void_run, "cannot execute completions safely here: " + why);
  quality::Limits limits;
  limits.wall_s = options.timeout_s;
  limits.cpu_s = static_cast<unsigned>(std::ceil(options.timeout_s));
  const std::string cache =
      options.fresh ? "" : verdict_cache_file([&](const std::string& line) { io.err << line << "\n"; });
  quality::Executor executor(std::move(sandbox), limits, cache);
  const auto check = quality::verify_suite(suite, executor);
  io.out << fmt::format("{}: {} items, {} with tests that run here, sandbox {}\n", suite.name,
                        suite.items.size(), check.executable, check.tier);
  for (const auto& skipped : check.skipped) io.out << "skipped: " << skipped << "\n";
  for (const auto& failure : check.failures) io.out << "failed: " << failure << "\n";
  io.out << check.sentence() << "\n";
  const std::size_t runs = executor.counts().runs;
  if (runs < check.references_pass + check.stubs_fail)  // each takes one at least
    io.out << fmt::format("{} programs executed; the other verdicts are from earlier ({}), --fresh "
                          "executes them again\n",
                          runs, cache);
  return check.good() ? ExitCode::go : ExitCode::bad_data;
}

}  // namespace abgate::cli
