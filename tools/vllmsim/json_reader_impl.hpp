#pragma once
// Typed fields out of a JSON body, with errors as FastAPI and pydantic word them. For .cpp files
// only.

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "vllmsim/api_request.hpp"
#include "vllmsim/python_repr.hpp"

namespace abgate::sim {

using Json = nlohmann::ordered_json;

inline ApiError bad_request(std::string message) {
  return {400, "BadRequestError", std::move(message)};
}

/// A pydantic error as FastAPI's handler prints it.
inline ApiError schema_error(std::string_view type, const std::string& where,
                             std::string_view message, const Json& input) {
  return {400, "Bad Request",
          fmt::format("[{{'type': '{}', 'loc': ({}), 'msg': '{}', 'input': {}}}]", type, where,
                      message, python_repr(input))};
}

/// Reads typed fields of the body; the first error stands.
class Reader {
 public:
  explicit Reader(const Json& body) : body_(body) {}

  const Json* find(const char* key) const {
    const auto found = body_.find(key);
    return found == body_.end() || found->is_null() ? nullptr : &*found;
  }
  bool has_null(const char* key) const {
    const auto found = body_.find(key);
    return found != body_.end() && found->is_null();
  }

  void boolean(const char* key, bool& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_boolean())
      return fail("bool_type", key, "Input should be a valid boolean", *value);
    out = value->get<bool>();
  }
  void number(const char* key, double& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number())
      return fail("float_type", key, "Input should be a valid number", *value);
    out = value->get<double>();
  }
  template <typename T>
  void integer(const char* key, T& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    std::int64_t number = 0;
    if (!whole(*value, number))
      return fail("int_type", key, "Input should be a valid integer", *value);
    using Limits = std::numeric_limits<typename Value<T>::type>;
    if (number < Limits::min() || number > Limits::max()) {
      return fail("int_type", key, "Input should be a valid integer", *value);
    }
    out = static_cast<typename Value<T>::type>(number);
  }
  void text(const char* key, std::string& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string())
      return fail("string_type", key, "Input should be a valid string", *value);
    out = value->get<std::string>();
  }
  void texts(const char* key, std::vector<std::string>& out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (value->is_string()) return out.push_back(value->get<std::string>());
    if (!value->is_array()) return fail("list_type", key, "Input should be a valid list", *value);
    for (const Json& each : *value) {
      if (!each.is_string())
        return fail("string_type", key, "Input should be a valid string", each);
      out.push_back(each.get<std::string>());
    }
  }
  void ids(const char* key, std::vector<TokenId>& out) {
    const Json* value = find(key);
    if (value != nullptr) ids_of(key, *value, out);
  }
  void ids_of(const char* key, const Json& value, std::vector<TokenId>& out) {
    if (!value.is_array()) return fail("list_type", key, "Input should be a valid list", value);
    for (const Json& each : value) {
      std::int64_t id = 0;
      if (!whole(each, id) || id < 0 || id > std::numeric_limits<TokenId>::max()) {
        return fail("int_type", key, "Input should be a valid integer", each);
      }
      out.push_back(static_cast<TokenId>(id));
    }
  }
  void fail(std::string_view type, const char* key, std::string_view message, const Json& input) {
    set(schema_error(type, fmt::format("'body', '{}'", key), message, input));
  }
  void value_error(const std::string& message) {
    set({400, "Bad Request",
         fmt::format(
             "[{{'type': 'value_error', 'loc': ('body',), 'msg': 'Value error, {0}', 'input': "
             "{1}, 'ctx': {{'error': ValueError('{0}')}}}}]",
             message, python_repr(body_))});
  }
  void set(ApiError error) {
    if (!error_) error_ = std::move(error);
  }
  std::optional<ApiError> error_;

 private:
  template <typename T>
  struct Value {
    using type = T;
  };
  template <typename T>
  struct Value<std::optional<T>> {
    using type = T;
  };
  /// Pydantic takes 5.0 for an integer, not 5.5.
  static bool whole(const Json& value, std::int64_t& out) {
    if (value.is_number_unsigned()) {
      const auto big = value.get<std::uint64_t>();
      if (big > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
    }
    if (value.is_number_float()) {
      const auto x = value.get<double>();
      if (x != std::floor(x) || std::abs(x) > 9e15) return false;
      out = static_cast<std::int64_t>(x);
      return true;
    }
    if (!value.is_number_integer()) return false;
    out = value.get<std::int64_t>();
    return true;
  }
  const Json& body_;
};

inline ApiError invalid_json(std::size_t at) {
  return {400, "Bad Request",
          fmt::format("[{{'type': 'json_invalid', 'loc': ('body', {}), 'msg': 'JSON decode error', "
                      "'input': {{}}, 'ctx': {{'error': 'Expecting value'}}}}]",
                      at)};
}

inline std::variant<Json, ApiError> parse_object(std::string_view body) {
  try {
    Json json = Json::parse(body);
    if (json.is_object()) return json;
    return schema_error("model_attributes_type", "'body',",
                        "Input should be a valid dictionary or object to extract fields from",
                        json);
  } catch (const Json::parse_error& error) {
    return invalid_json(error.byte > 0 ? error.byte - 1 : 0);
  }
}

}  // namespace abgate::sim
