#pragma once
// Values as Python prints them, for error messages that quote the request.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace abgate::sim {

/// repr() of a float: "-1.0".
std::string python_repr(double value);
/// repr() of what json.loads made of the value.
std::string python_repr(const nlohmann::ordered_json& value);

}  // namespace abgate::sim
