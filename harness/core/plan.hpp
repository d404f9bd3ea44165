#pragma once
// The deterministic list of requests that a scenario and its seeds expand to; the same for both
// arms.

#include <cstdint>
#include <string>
#include <vector>

#include "core/arm.hpp"
#include "core/scenario.hpp"
#include "core/time.hpp"

namespace abgate {

enum class Phase : std::uint8_t { warmup, measured };

/// One request as planned. Its body is the same for every arm but for the model's name.
struct PlannedRequest {
  std::uint32_t index = 0;  ///< position in its cell
  Phase phase = Phase::measured;
  std::uint32_t item = 0;    ///< position in Plan::prompts
  std::uint32_t repeat = 0;  ///< quality: which repeat
  int max_tokens = 0;
  bool ignore_eos = false;
  std::uint64_t salt = 0;  ///< 0: none
  /// Open loop: offset from the start of the cell's measured phase. A turn that `follows`: think
  /// time, from the end of the turn before it.
  Duration due{0};
  bool follows = false;             ///< goes on with the session of the request before it
  std::uint16_t traffic_class = 0;  ///< position in Workload::classes, if there are any
  /// Asks for log-probabilities, if the scenario wants any: the quality pass alone, because they
  /// change what a load measures.
  bool logprobs = false;
};

/// A prompt as the plan refers to it, already rendered (FIM tokens included for completions).
struct PlannedPrompt {
  std::string id;                                             ///< suite item id
  std::string text;                                           ///< completions API
  std::vector<std::pair<std::string, std::string>> messages;  ///< chat API
  std::vector<std::string> stop;                              ///< token-level stops to send
};

enum class CellKind : std::uint8_t {
  load,     ///< a measured block at a load point
  aa,       ///< the same, baseline against control, one after the other
  prime,    ///< cache policy warm: every prompt once, not measured
  quality,  ///< the quality pass
};

/// What one arm runs in one block at one point: the smallest piece that is stored and paired.
struct Cell {
  CellKind kind = CellKind::load;
  std::string point;                     ///< load point id, or "quality"
  std::uint32_t block = 0;               ///< counts from 0 within its kind and point
  LoadPoint load;                        ///< shape of the cell's load
  std::vector<PlannedRequest> requests;  ///< warm-up first, then measured, in order of sending
};

/// One step of the run: the arms that drive this cell, and whether at once or one after the other.
struct Step {
  std::uint32_t cell = 0;  ///< position in Plan::cells
  std::vector<Arm> arms;   ///< in order of execution
  bool at_once = false;    ///< concurrent mode
};

struct Plan {
  std::vector<PlannedPrompt> prompts;
  std::vector<Cell> cells;
  std::vector<Step> steps;
  std::string hash;  ///< of everything above, 16 hex digits
};

std::string_view to_string(Phase phase);
std::string_view to_string(CellKind kind);

/// "c8/003-candidate": names a cell's file below raw/ and prefixes its request ids.
std::string cell_name(const Cell& cell, Arm arm);

}  // namespace abgate
