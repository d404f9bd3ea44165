#pragma once
// What the process tells the caller. Stable and documented (README); 1, 2 and >= 126 are left to
// shells.

namespace abgate {

enum class ExitCode : int {
  go = 0,  ///< also: success of a command that takes no decision
  no_go = 10,
  go_but_regressed = 11,  ///< GO by the criteria, worse than history
  inconclusive = 20,
  void_run = 30,  ///< harness or environment spoiled the run
  usage = 64,
  bad_data = 65,
  unavailable = 69,  ///< an endpoint cannot be reached
  internal = 70,
  locked = 75,
  bad_scenario = 78,
  interrupted = 130,
};

}  // namespace abgate
