#pragma once
// Result files in the shape of `vllm bench serve --save-result`, so that dashboards and comparison
// tools made for it read a run. One per load point and arm.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/manifest.hpp"
#include "core/record.hpp"
#include "core/scenario.hpp"
#include "report/report.hpp"

namespace abgate::report {

/// Takes in the raw cells one at a time and keeps only numbers. Definitions are vLLM's where they
/// differ from ours: TTFT from the start of the request, TPOT = (E2E - TTFT)/(n - 1), ITL one gap a
/// chunk.
class VllmBench {
 public:
  VllmBench(const Manifest& manifest, const Scenario& scenario)
      : manifest_(manifest), scenario_(scenario) {}

  /// Load cells count, others are ignored.
  void add(const CellRecord& cell);
  /// "vllm-bench/<point>-<arm>.json" for every point and arm seen, in order of points.
  std::vector<File> files() const;

 private:
  struct Group {
    LoadPoint load;
    double seconds = 0;
    std::size_t planned = 0, completed = 0, failed = 0;
    std::int64_t input_tokens = 0, output_tokens = 0;
    std::size_t good = 0;                     ///< requests that met every objective
    std::vector<float> ttft, tpot, itl, e2e;  ///< milliseconds
    std::vector<std::int64_t> input_lens, output_lens;
  };
  void add(const RequestRecord& record, Group& group) const;
  std::string json(const Group& group, Arm arm) const;

  const Manifest& manifest_;
  const Scenario& scenario_;
  std::map<std::pair<std::string, Arm>, Group> groups_;
};

}  // namespace abgate::report
