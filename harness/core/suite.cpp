#include "core/suite.hpp"

namespace abgate {

std::string_view to_string(ItemKind kind) {
  switch (kind) {
    case ItemKind::completion:
      return "completion";
    case ItemKind::fim:
      return "fim";
    case ItemKind::chat:
      return "chat";
  }
  return "?";
}

}  // namespace abgate
