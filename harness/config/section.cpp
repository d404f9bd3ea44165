#include "config/section.hpp"

#include "config/text.hpp"

namespace abgate::config {

void check_keys(const Cursor& at, const SectionInfo& info) {
  if (at.node().kind != Node::Kind::map) at.fail("a map with " + one_of(info.key_names()));
  const auto names = info.key_names();
  for (const Node::Entry& entry : at.node().entries) {
    bool known = false;
    for (const std::string& name : names) known = known || name == entry.key;
    if (known) continue;
    const std::string guess = did_you_mean(entry.key, names);
    at.fail_at_key(entry.place, entry.key, "an unknown key",
                   guess.empty() ? one_of(names) : "a known one" + guess);
  }
  for (const KeyInfo& key : info.keys) {
    if (key.required && !at.at(key.key).present())
      at.at(key.key).fail("nothing", type_words(key.type));
  }
}

}  // namespace abgate::config
