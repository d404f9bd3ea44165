#include <ostream>

#include "cli/commands.hpp"
#include "decision/calibrate.hpp"

namespace abgate::cli {

ExitCode execute(const CalibrateJudgeOptions& options, Streams io) {
  decision::CalibrationOptions calibration;
  calibration.experiments = options.experiments;
  calibration.seed = options.seed;
  const auto table = decision::calibrate(calibration, [&](const decision::CalibrationCell& cell) {
    io.err << "calibrated " << cell.criterion << " at " << cell.truth << "\n";
  });
  io.out << (options.json ? decision::to_json(table) : decision::to_text(table));
  return ExitCode::go;
}

}  // namespace abgate::cli
