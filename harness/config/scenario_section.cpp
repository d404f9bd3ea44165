// The top of the file, and the defaults that need more than one section.

#include "config/checks.hpp"
#include "config/codec.hpp"
#include "config/sections.hpp"
#include "core/rng.hpp"

namespace abgate::config {
namespace {

using Use = Text::Use;

void fill_labels(const Cursor&, Scenario& s) {
  if (s.baseline.label.empty()) s.baseline.label = "baseline";
  if (s.candidate.label.empty()) s.candidate.label = "candidate";
}

void derive_seeds(const Cursor& at, Scenario& s) {
  const Cursor seeds = at.at("seeds");
  const auto derive = [&](const char* name, std::uint64_t& seed) {
    if (!seeds.at(name).present()) seed = derive_seed(s.seeds.base, name);
  };
  derive("prompts", s.seeds.prompts);
  derive("schedule", s.seeds.schedule);
  derive("blocks", s.seeds.blocks);
  derive("bootstrap", s.seeds.bootstrap);
}

void add_run_keys(Section<Scenario>& s) {
  s.key("name", &Scenario::name, Text{Use::id},
        "name of the scenario, part of the run folder's name")
      .required();
  s.key("description", &Scenario::description, Text{Use::prose}, "for people");
  s.key("mode", &Scenario::mode,
        Choice<Mode>{{{"concurrent", Mode::concurrent},
                      {"interleaved", Mode::interleaved},
                      {"swapped", Mode::swapped},
                      {"recorded", Mode::recorded}}},
        "`concurrent`: both arms at once; `interleaved`: one at a time, both servers up; "
        "`swapped`: one GPU, "
        "commands stop one server and start the other; `recorded`: two stored runs");
  s.key("api", &Scenario::api,
        Choice<Api>{{{"completions", Api::completions}, {"chat", Api::chat}}},
        "`/v1/completions` or `/v1/chat/completions`");
  s.key("blocks", &Scenario::blocks, Whole<std::size_t>{1, 1000},
        "pairs of runs: the unit of replication");
  s.key("extension", &Scenario::extension, Flag{},
        "declare one extension: as many blocks again if the first look decides nothing; both looks "
        "share alpha (O'Brien–Fleming)");
  s.key("aa_blocks", &Scenario::aa_blocks, Whole<std::size_t>{0, 1000},
        "baseline against itself: the noise floor");
}

}  // namespace

const Section<Scenario>& scenario_section() {
  static const Section<Scenario> section = [] {
    Section<Scenario> s("scenario", "What to drive, how, and what must hold.");
    add_run_keys(s);
    s.nested("baseline", &Scenario::baseline, arm_section(), "what runs in production").required();
    s.nested("candidate", &Scenario::candidate, arm_section(), "what may replace it").required();
    s.nested("timeouts", &Scenario::timeouts, timeouts_section(), "limits of one request");
    s.nested("sampling", &Scenario::sampling, sampling_section(), "parameters of every request");
    s.nested("workload", &Scenario::workload, workload_section(), "what the load consists of")
        .required();
    s.list("points", &Scenario::points, point_section(), "operating points of the load").required();
    s.nested("quality", &Scenario::quality, quality_section(), "the quality pass; left out: none");
    s.nested("slo", &Scenario::slo, slo_section(), "objectives of one request");
    s.list("criteria", &Scenario::criteria, criterion_section(), "what must hold").required();
    s.nested("client", &Scenario::client, client_section(), "the load engine");
    s.nested("validity", &Scenario::validity, validity_section(),
             "when the run itself does not count");
    s.nested("seeds", &Scenario::seeds, seeds_section(), "randomness");
    s.nested("report", &Scenario::report, report_section(), "what is written");
    s.finally(fill_labels).finally(derive_seeds).finally(check_scenario);
    return s;
  }();
  return section;
}

const SectionInfo& format() {
  return scenario_section().info();
}

}  // namespace abgate::config
