#include "core/likelihood.hpp"

namespace abgate {

std::string_view to_string(LikelihoodTask task) {
  switch (task) {
    case LikelihoodTask::reference:
      return "reference";
    case LikelihoodTask::output:
      return "output";
    case LikelihoodTask::answer:
      return "answer";
  }
  return "?";
}

}  // namespace abgate
