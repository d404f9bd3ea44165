#include "cli/drive_plan.hpp"

#include <fmt/format.h>

namespace abgate::cli {

std::vector<Arm> DrivePlan::arms(const Step& step) const {
  std::vector<Arm> arms;
  for (const Arm arm : step.arms) {
    const bool same_server = only_ == Arm::baseline && arm == Arm::control;
    if (!only_ || arm == *only_ || same_server) arms.push_back(arm);
  }
  return arms;
}

std::vector<Arm> DrivePlan::servers() const {
  if (only_) return {*only_};
  return {Arm::baseline, Arm::candidate};
}

bool DrivePlan::in_extension(const Step& step) const {
  return scenario_.extension && cell(step).kind == CellKind::load &&
         cell(step).block >= scenario_.blocks;
}

std::vector<ExpectedCell> DrivePlan::expected(bool extension) const {
  std::vector<ExpectedCell> out;
  for (const Step& step : plan_.steps) {
    if (in_extension(step) != extension) continue;
    const Cell& c = cell(step);
    for (const Arm arm : arms(step))
      out.push_back({cell_name(c, arm), c.kind, c.point, c.block, arm});
  }
  return out;
}

std::size_t DrivePlan::requests(bool extension) const {
  std::size_t sum = 0;
  for (const Step& step : plan_.steps) {
    if (in_extension(step) == extension) sum += cell(step).requests.size() * arms(step).size();
  }
  return sum;
}

CellRecord header_of(const Cell& cell, Arm arm) {
  CellRecord record;
  record.point = cell.point;
  record.kind = cell.kind;
  record.block = cell.block;
  record.arm = arm;
  record.load = cell.load;
  return record;
}

std::string cell_title(const Cell& cell, std::size_t blocks) {
  switch (cell.kind) {
    case CellKind::load:
      return fmt::format("{} block {}/{}", cell.point, cell.block + 1, blocks);
    case CellKind::aa:
      return fmt::format("{} noise floor (baseline twice) {}", cell.point, cell.block + 1);
    case CellKind::prime:
      return cell.point + " filling the prefix caches";
    case CellKind::quality:
      return fmt::format("quality pass {}", cell.block + 1);
  }
  return cell.point;
}

}  // namespace abgate::cli
