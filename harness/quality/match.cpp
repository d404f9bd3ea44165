#include "quality/match.hpp"

#include "quality/text.hpp"

namespace abgate::quality {

bool em_strict(std::string_view prediction, std::string_view reference) {
  return rstrip(prediction) == rstrip(reference);
}

bool em_ws(std::string_view prediction, std::string_view reference) {
  return words_of(prediction) == words_of(reference);
}

bool em_line1(std::string_view prediction, std::string_view reference) {
  return first_line(prediction) == first_line(reference);
}

}  // namespace abgate::quality
