#include "vllmsim/run.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <ctime>

#include "core/error.hpp"
#include "vllmsim/server.hpp"

namespace abgate::sim {

namespace {

void write_port_file(const std::string& path, std::uint16_t port) {
  if (path.empty()) return;
  // Aside and renamed: whoever waits for the file never reads half a number.
  const std::string aside = path + ".new";
  std::FILE* file = std::fopen(aside.c_str(), "wb");
  const bool written = file != nullptr && std::fprintf(file, "%u\n", unsigned{port}) > 0;
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (!written || !closed || std::rename(aside.c_str(), path.c_str()) != 0) {
    throw Error(ExitCode::unavailable,
                path + ": cannot write the port, want a file that can be written");
  }
}

AnswerBook answer_book(const Options& options, const Profile& profile) {
  if (options.answers.empty()) return {};
  return AnswerBook(load_known_prompts(options.answers), profile.quality, options.seed);
}

/// Late steps are the simulator's own error; whoever measures with it should know.
void report_lateness(const EngineState& state) {
  if (state.late_steps == 0) return;
  std::fputs(
      fmt::format("vllmsim: {} of {} steps ended more than {:.0f} ms late (worst {:.0f} ms): this "
                  "machine was too busy for exact timings\n",
                  state.late_steps, state.steps, to_ms(kMaxCatchUp), to_ms(state.worst_lateness))
          .c_str(),
      stderr);
}

}  // namespace

Profile effective_profile(const Options& options) {
  Profile profile = load_profile(options.profile);
  if (!options.model.empty()) profile.model.id = options.model;
  if (options.gpu_memory_utilization)
    profile.engine.gpu_memory_utilization = *options.gpu_memory_utilization;
  if (options.max_model_len) profile.model.max_model_len = *options.max_model_len;
  if (options.quality) {
    profile.quality.accuracy = *options.quality;
    profile.quality.by_category.clear();
  }
  if (options.quality_rho) profile.quality.rho = *options.quality_rho;
  check_memory(profile);
  return profile;
}

int run(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  ServiceSetup setup;
  setup.profile = effective_profile(options);
  setup.seed = options.seed;
  setup.api_key = options.api_key;
  setup.faults = parse_faults(options.faults);
  setup.answers = answer_book(options, setup.profile);
  setup.truth_path = options.truth;
  setup.now = [] { return abgate::now(); };
  setup.unix_seconds = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
  setup.process = process_facts;
  const std::string name = setup.profile.name;
  Service service(std::move(setup));
  Server server({options.host, options.port, options.tls_cert, options.tls_key, options.exit_after},
                service);
  std::fputs(fmt::format("vllmsim: simulated {} listening on {}\n", name, server.url()).c_str(),
             stdout);
  std::fflush(stdout);
  write_port_file(options.port_file, server.port());
  const ServerEnd end = server.run();
  report_lateness(service.engine_state());
  if (end != ServerEnd::engine_death) return 0;
  std::fputs("vllmsim: planted engine death: the watchdog stops the server\n", stderr);
  return 1;
}

}  // namespace abgate::sim
