#pragma once
// The loops of `abgate search`: which probe next, what it showed, when to stop. Where the blocks
// come from - live endpoints or a stored run - is the source's affair, so that a stored search
// gives the same answers again.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/arm.hpp"
#include "core/scenario.hpp"
#include "decision/capacity.hpp"
#include "decision/crossover_search.hpp"
#include "stats/measurements.hpp"

namespace abgate::cli {

/// What was asked for; stored with the run before anything is sent.
struct SearchSettings {
  enum class Kind { slo, crossover } kind = Kind::slo;
  decision::Axis axis = decision::Axis::rate;
  decision::BracketOptions range;
  decision::ProbeRules rules;
  std::vector<Arm> arms{Arm::baseline, Arm::candidate};
  std::size_t requests = 0;  ///< a block and arm, at least
  double seconds = 0;        ///< rate: a block takes at least so long to arrive
  std::string metric = "throughput";  ///< crossover
  double threshold = 1;               ///< crossover
};

/// Hands over the measurements of one block of one probe, one per arm in the order of `arms`.
class ProbeSource {
 public:
  virtual ~ProbeSource() = default;
  /// nullopt: there is no such block and there will be none (interrupted, or the recording ends).
  virtual std::optional<std::vector<stats::BlockArm>> block(const LoadPoint& load,
                                                            std::uint32_t block,
                                                            std::span<const Arm> arms) = 0;
  /// About how much of the search is done, for progress.
  virtual void done(double /*fraction*/) {}
};

/// Called as probes end; either may be empty.
struct SearchWatch {
  std::function<void(const decision::SloSearch&, const decision::SloProbe&)> slo;
  std::function<void(const decision::CrossoverSearch&, const decision::RatioProbe&)> crossover;
  std::function<void(const std::string&)> note;
};

/// The load of one probe: the scenario's first point at another rate or concurrency, with an id
/// such as "r2_83", "c12", and "r2_83-2" for the second probe there.
LoadPoint probe_load(const Scenario& scenario, const SearchSettings& settings, double value,
                     std::size_t nth);

/// Arms one at a time, in turn: both meet the same conditions whatever load the other is at.
decision::SloSearch run_slo_search(const Scenario& scenario, const SearchSettings& settings,
                                   ProbeSource& source, const SearchWatch& watch = {});

/// Both arms with the same requests at every load, as the scenario's mode says.
decision::CrossoverSearch run_crossover_search(const Scenario& scenario,
                                               const SearchSettings& settings, ProbeSource& source,
                                               const SearchWatch& watch = {});

/// search.json of a run folder.
std::string encode_settings(const SearchSettings& settings);
/// Throws DataError naming `path`.
SearchSettings decode_settings(const std::string& text, const std::string& path);

}  // namespace abgate::cli
