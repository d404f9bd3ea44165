#include <filesystem>
#include <ostream>

#include "cli/commands.hpp"
#include "decision/calibrate.hpp"
#include "report/power_chart.hpp"
#include "store/files.hpp"

namespace abgate::cli {

namespace {
void write_chart(const decision::CalibrationTable& table, const std::string& path) {
  const report::Chart chart = report::power_chart(table);
  store::write_file(path, chart.svg);
  store::write_file(std::filesystem::path(path).replace_extension(".csv").string(), chart.csv);
}
}  // namespace

ExitCode execute(const CalibrateJudgeOptions& options, Streams io) {
  decision::CalibrationOptions calibration;
  calibration.experiments = options.experiments;
  calibration.seed = options.seed;
  calibration.threads = options.threads;
  const auto table = decision::calibrate(calibration, [&](const decision::CalibrationCell& cell) {
    io.err << "calibrated " << cell.criterion << " at " << cell.truth << "\n";
  });
  if (!options.chart.empty()) write_chart(table, options.chart);
  io.out << (options.json ? decision::to_json(table) : decision::to_text(table));
  return ExitCode::go;
}

}  // namespace abgate::cli
