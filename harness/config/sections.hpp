#pragma once
// The sections of the format, one function each; every one is built once and lives for ever.

#include "config/section.hpp"
#include "core/criterion.hpp"
#include "core/scenario.hpp"

namespace abgate::config {

const Section<ArmConfig>& arm_section();
const Section<Timeouts>& timeouts_section();
const Section<Sampling>& sampling_section();
const Section<Workload>& workload_section();
const Section<LoadPoint>& point_section();
const Section<QualityConfig>& quality_section();
const Section<Slo>& slo_section();
const Section<Criterion>& criterion_section();
const Section<ClientConfig>& client_section();
const Section<ValidityRules>& validity_section();
const Section<Seeds>& seeds_section();
const Section<ReportOptions>& report_section();
const Section<Scenario>& scenario_section();

}  // namespace abgate::config
