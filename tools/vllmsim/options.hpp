#pragma once
// The command line of vllmsim.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/exit_code.hpp"
#include "core/time.hpp"

namespace abgate::sim {

struct Options {
  std::string profile;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
  std::string port_file;
  std::uint64_t seed = 1;
  std::string answers;
  std::optional<double> quality;
  std::optional<double> quality_rho;
  std::string faults;
  std::string truth;
  std::string api_key;
  std::string model;
  std::optional<double> gpu_memory_utilization;
  std::optional<std::int64_t> max_model_len;
  std::string tls_cert, tls_key;
  Duration exit_after{0};
};

/// What to do instead of serving: print `text` (to stderr if `code` is not 0) and exit.
struct Leave {
  std::string text;
  int code = 0;
};

std::variant<Options, Leave> parse_options(int argc, const char* const* argv);

}  // namespace abgate::sim
