#pragma once
// What a reader says about a broken file: the one line without the file's path in front.

#include <string>

#include "catch.hpp"
#include "core/error.hpp"

template <typename Read>
std::string complaint(const std::string& path, Read read) {
  try {
    read();
  } catch (const abgate::DataError& e) {
    const std::string what = e.what();
    REQUIRE(what.starts_with(path));
    REQUIRE(what.find('\n') == std::string::npos);
    return what.substr(path.size());
  }
  return "no error";
}
