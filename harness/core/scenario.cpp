#include "core/scenario.hpp"

namespace abgate {

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::concurrent:
      return "concurrent";
    case Mode::interleaved:
      return "interleaved";
    case Mode::swapped:
      return "swapped";
    case Mode::recorded:
      return "recorded";
  }
  return "?";
}

std::string_view to_string(Api api) {
  return api == Api::chat ? "chat" : "completions";
}

std::string_view to_string(Arrival arrival) {
  switch (arrival) {
    case Arrival::closed:
      return "closed";
    case Arrival::constant:
      return "constant";
    case Arrival::poisson:
      return "poisson";
    case Arrival::gamma:
      return "gamma";
  }
  return "?";
}

std::string_view to_string(CachePolicy policy) {
  switch (policy) {
    case CachePolicy::cold:
      return "cold";
    case CachePolicy::warm:
      return "warm";
    case CachePolicy::off:
      return "off";
  }
  return "?";
}

std::string_view to_string(SaltBy by) {
  return by == SaltBy::cache_salt ? "cache_salt" : "prompt_prefix";
}

}  // namespace abgate
