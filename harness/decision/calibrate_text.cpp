// The calibration table as JSON and as text.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "decision/calibrate.hpp"

namespace abgate::decision {

std::string to_json(const CalibrationTable& table) {
  using nlohmann::ordered_json;
  const auto rate = [](const std::optional<Rate>& r) {
    return r ? ordered_json(r->value) : ordered_json(nullptr);
  };
  const auto interval = [](const std::optional<Rate>& r) {
    return r ? ordered_json::array({r->lo, r->hi}) : ordered_json(nullptr);
  };
  ordered_json out{{"seed", table.options.seed},
                   {"blocks", table.options.design.blocks},
                   {"requests", table.options.design.requests},
                   {"items", table.options.design.items},
                   {"block_sd", table.options.scatter.block_sd},
                   {"cells", ordered_json::array()}};
  for (const CalibrationCell& c : table.cells) {
    out["cells"].push_back({{"criterion", c.criterion},
                            {"truth", c.truth},
                            {"experiments", c.experiments},
                            {"go", c.go.value},
                            {"no_go", c.no_go.value},
                            {"inconclusive", c.inconclusive.value},
                            {"void", c.void_run.value},
                            {"false_go", rate(c.false_go)},
                            {"false_no_go", rate(c.false_no_go)},
                            {"criterion_pass", rate(c.criterion_pass)},
                            {"go_interval", interval(c.go)},
                            {"no_go_interval", interval(c.no_go)},
                            {"inconclusive_interval", interval(c.inconclusive)},
                            {"void_interval", interval(c.void_run)},
                            {"false_go_interval", interval(c.false_go)},
                            {"false_no_go_interval", interval(c.false_no_go)}});
  }
  return out.dump(2) + "\n";
}

std::string to_text(const CalibrationTable& table) {
  const auto rate = [](const std::optional<Rate>& r) {
    return r ? fmt::format("{:6.2f} [{:5.2f},{:6.2f}]", 100 * r->value, 100 * r->lo, 100 * r->hi)
             : std::string("-");
  };
  std::string out = fmt::format("{:<12} {:<11} {:>7}  {:>22} {:>8} {:>8} {:>7}  {:>22} {:>22}\n",
                                "criterion", "truth", "runs", "GO % [95 %]", "NO-GO %", "open %",
                                "VOID %", "false GO % [95 %]", "false NO-GO % [95 %]");
  for (const CalibrationCell& c : table.cells) {
    out += fmt::format("{:<12} {:<11} {:>7}  {:>22} {:>8.2f} {:>8.2f} {:>7.2f}  {:>22} {:>22}\n",
                       c.criterion, c.truth, c.experiments, rate(c.go), 100 * c.no_go.value,
                       100 * c.inconclusive.value, 100 * c.void_run.value, rate(c.false_go),
                       rate(c.false_no_go));
  }
  return out +
         fmt::format(
             "\nRates over simulated experiments of {} blocks, {:.3g} % block noise, seed {}; "
             "[95 %]: exact Monte-Carlo interval.\n\"boundary\": the criterion truly lies exactly "
             "at its limit, so that every GO is false (at most 5 % + Monte-Carlo error).\n"
             "open: INCONCLUSIVE or VOID; every VOID here is false, for nothing spoils an "
             "experiment.\n",
             table.options.design.blocks, 100 * table.options.scatter.block_sd, table.options.seed);
}

}  // namespace abgate::decision
