#pragma once
// Checks JSON against the part of JSON Schema that verdict.schema.json uses.

#include <string>

namespace abgate::test {

/// Empty if `json` satisfies `schema`, else the path and the fault. An unknown keyword is a fault
/// too, so that the schema cannot promise what is not checked.
std::string schema_fault(const std::string& schema, const std::string& json);

}  // namespace abgate::test
