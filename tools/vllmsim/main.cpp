// vllmsim: a simulated vLLM server. Exceptions become exit codes here and nowhere else.

#include <cstdio>
#include <exception>
#include <variant>

#include "core/error.hpp"
#include "vllmsim/options.hpp"
#include "vllmsim/run.hpp"

int main(int argc, char** argv) {
  using namespace abgate;
  try {
    const auto parsed = sim::parse_options(argc, argv);
    if (const auto* leave = std::get_if<sim::Leave>(&parsed)) {
      std::fputs(leave->text.c_str(), leave->code == 0 ? stdout : stderr);
      return leave->code;
    }
    return sim::run(std::get<sim::Options>(parsed));
  } catch (const Error& error) {
    std::fprintf(stderr, "vllmsim: %s\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vllmsim: internal error: %s\n", error.what());
    return static_cast<int>(ExitCode::internal);
  }
}
