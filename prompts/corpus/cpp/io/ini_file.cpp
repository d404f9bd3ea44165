#include <istream>
#include <map>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// INI files that keep the order of sections and keys when they are written again.

namespace {

std::string strip(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

}  // namespace

class IniFile {
 public:
  static IniFile parse(std::istream& in) {
    IniFile file;
    std::string line, section;
    for (int number = 1; std::getline(in, line); ++number) {
      line = strip(line);
      if (line.empty() || line[0] == '#' || line[0] == ';') continue;
      if (line[0] == '[') {
        if (line.back() != ']') throw std::runtime_error("line " + std::to_string(number) + ": missing ]");
        section = strip(line.substr(1, line.size() - 2));
        continue;
      }
      const auto equals = line.find('=');
      if (equals == std::string::npos) {
        throw std::runtime_error("line " + std::to_string(number) + ": missing =");
      }
      file.set(section, strip(line.substr(0, equals)), strip(line.substr(equals + 1)));
    }
    return file;
  }

  void set(const std::string& section, const std::string& key, const std::string& value) {
    auto& entries = entries_of(section);
    for (auto& [name, old] : entries) {
      if (name == key) {
        old = value;
        return;
      }
    }
    entries.emplace_back(key, value);
  }

  std::string get(const std::string& section, const std::string& key, const std::string& fallback) const {
    for (const auto& [name, entries] : sections_) {
      if (name != section) continue;
      for (const auto& [entry, value] : entries) {
        if (entry == key) return value;
      }
    }
    return fallback;
  }

  void write(std::ostream& out) const {
    bool first = true;
    for (const auto& [name, entries] : sections_) {
      if (!first) out << '\n';
      if (!name.empty()) out << '[' << name << "]\n";
      for (const auto& [key, value] : entries) out << key << " = " << value << '\n';
      first = false;
    }
  }

 private:
  using Entries = std::vector<std::pair<std::string, std::string>>;

  Entries& entries_of(const std::string& section) {
    for (auto& [name, entries] : sections_) {
      if (name == section) return entries;
    }
    sections_.emplace_back(section, Entries{});
    return sections_.back().second;
  }

  std::vector<std::pair<std::string, Entries>> sections_;
};
