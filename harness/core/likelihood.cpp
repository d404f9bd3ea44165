#include "core/likelihood.hpp"

namespace abgate {

std::string_view to_string(LikelihoodTask task) {
  return task == LikelihoodTask::reference ? "reference" : "output";
}

}  // namespace abgate
