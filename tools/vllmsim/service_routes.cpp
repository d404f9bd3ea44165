#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "vllmsim/json_text.hpp"
#include "vllmsim/service.hpp"

namespace abgate::sim {

namespace {

struct Route {
  std::string_view path;
  std::string_view methods;  ///< separated by spaces
  bool dev_only = false;
};

constexpr std::array kRoutes{Route{"/health", "GET"},
                             Route{"/ping", "GET POST"},
                             Route{"/v1/models", "GET"},
                             Route{"/version", "GET"},
                             Route{"/metrics", "GET"},
                             Route{"/load", "GET"},
                             Route{"/tokenize", "POST"},
                             Route{"/detokenize", "POST"},
                             Route{"/v1/completions", "POST"},
                             Route{"/v1/chat/completions", "POST"},
                             Route{"/dcgm/metrics", "GET"},
                             Route{"/server_info", "GET", true},
                             Route{"/reset_prefix_cache", "POST", true},
                             Route{"/reset_mm_cache", "POST", true}};

const Route* find_route(std::string_view path, bool dev_mode) {
  const auto found = std::ranges::find_if(kRoutes, [&](const Route& route) {
    return route.path == path && (dev_mode || !route.dev_only);
  });
  return found == kRoutes.end() ? nullptr : &*found;
}

bool allows(const Route& route, std::string_view method) {
  return route.methods == method ||
         (" " + std::string(route.methods) + " ").find(" " + std::string(method) + " ") !=
             std::string::npos;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

bool authorised(const HttpRequest& request, const std::string& key) {
  if (key.empty() || !request.path().starts_with("/v1") || request.method == "OPTIONS") return true;
  if (!request.authorization) return false;
  const std::string_view value = *request.authorization;
  const std::size_t space = value.find(' ');
  return space != std::string_view::npos && same_ignoring_case(value.substr(0, space), "bearer") &&
         value.substr(space + 1) == key;
}

/// Routes that the HTTP metrics leave out.
bool uncounted(std::string_view path) {
  constexpr std::array<std::string_view, 7> kExcluded{
      "/metrics", "/metrics/", "/health", "/load", "/ping", "/version", "/server_info"};
  return std::ranges::find(kExcluded, path) != kExcluded.end() || path.starts_with("/dcgm");
}

}  // namespace

std::optional<Service::Reply> Service::refuse_early(const HttpRequest& request) const {
  if (request.method == "OPTIONS" && request.cross_origin && request.preflight) {
    return Reply{200, "OK", "text/plain; charset=utf-8",
                 "access-control-allow-methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT\r\n"
                 "access-control-max-age: 600\r\n"};
  }
  if (!authorised(request, setup_.api_key)) return Reply{401, R"({"error":"Unauthorized"})"};
  const std::string_view path = request.path();
  const Route* route = find_route(path, setup_.profile.dev_mode);
  if (route != nullptr && allows(*route, request.method)) return std::nullopt;
  if (route != nullptr) {
    return Reply{405, R"({"detail":"Method Not Allowed"})", "application/json",
                 fmt::format("allow: {}\r\n", route->methods.substr(0, route->methods.find(' ')))};
  }
  if (path == "/metrics/") return std::nullopt;
  const std::string_view bare = path.substr(0, path.find_last_not_of('/') + 1);
  if (bare.size() < path.size() && find_route(bare, setup_.profile.dev_mode) != nullptr) {
    return Reply{307, "", "", fmt::format("location: http://{}{}\r\n", request.host, bare)};
  }
  return Reply{404, R"({"detail":"Not Found"})"};
}

void Service::handle(std::shared_ptr<Exchange> exchange, HttpRequest request) {
  if (const auto refused = refuse_early(request)) return reply(*exchange, request, *refused);
  const std::string_view path = request.path();
  if (path == "/v1/completions")
    return complete(std::move(exchange), std::move(request), Api::completions);
  if (path == "/v1/chat/completions")
    return complete(std::move(exchange), std::move(request), Api::chat);
  reply(*exchange, request, answer_plain(request));
}

Service::Reply Service::answer_plain(const HttpRequest& request) {
  if (const auto got = answer_get(request.path())) return *got;
  if (const auto posted = answer_post(request)) return *posted;
  return {404, R"({"detail":"Not Found"})"};
}

std::optional<Service::Reply> Service::answer_get(std::string_view path) {
  constexpr std::string_view kText = "text/plain; version=1.0.0; charset=utf-8";
  if (path == "/health" || path == "/ping") return Reply{dead_ ? 503 : 200, "", ""};
  if (path == "/v1/models") {
    const std::uint64_t a = Rng(++ids_).next(), b = Rng(a).next();
    Profile shown = setup_.profile;
    if (redeployed()) shown.model.root += "-redeployed";
    return Reply{200,
                 models_body(shown, setup_.unix_seconds(), fmt::format("{:016x}{:016x}", a, b))};
  }
  if (path == "/version") {
    return Reply{200, redeployed() ? R"({"version":"0.11.3","simulated":true})"
                                   : R"({"version":"0.11.2","simulated":true})"};
  }
  if (path == "/metrics" || path == "/metrics/") {
    return Reply{200, metrics_.render(engine_->state(), setup_.process()), kText};
  }
  if (path == "/dcgm/metrics")
    return Reply{200, gpu_.render(engine_->state(), setup_.now()), kText};
  if (path == "/load") return Reply{200, R"({"server_load":0})"};
  if (path == "/server_info") return Reply{200, server_info_body(setup_.profile)};
  return std::nullopt;
}

std::optional<Service::Reply> Service::answer_post(const HttpRequest& request) {
  const std::string_view path = request.path();
  if (path == "/tokenize") return tokenize_reply(request, false);
  if (path == "/detokenize") return tokenize_reply(request, true);
  if (path == "/reset_prefix_cache") {
    (void)engine_->reset_prefix_cache();  // vLLM answers 200 whether it did or not
    return Reply{200, "", ""};
  }
  if (path == "/reset_mm_cache") return Reply{200, "", ""};
  return std::nullopt;
}

Service::Reply Service::tokenize_reply(const HttpRequest& request, bool back) {
  auto parsed = back ? parse_detokenize(request.body) : parse_tokenize(request.body);
  if (const auto* error = std::get_if<ApiError>(&parsed)) {
    return {error->status, error_body(error->status, error->type, error->message)};
  }
  const auto& wanted = std::get<TokenizeRequest>(parsed);
  if (back) {
    std::string text;
    for (const TokenId id : wanted.ids) text += vocabulary_.text(id);
    text.resize(whole_code_points(text));
    std::string body = R"({"prompt":)";
    append_json(body, text);
    return {200, body + "}"};
  }
  const std::vector<Piece> pieces = tokenize(wanted.text);
  vocabulary_.learn(wanted.text, pieces);
  std::vector<TokenId> ids;
  std::string strings = wanted.token_strings ? "[" : "null";
  for (const Piece& piece : pieces) {
    ids.push_back(piece.id);
    if (!wanted.token_strings) continue;
    if (strings.size() > 1) strings += ',';
    const std::string text = wanted.text.substr(piece.begin, piece.size);
    const bool whole = whole_code_points(text) == text.size() &&
                       (static_cast<unsigned char>(text[0]) & 0xC0U) != 0x80U;
    append_json(strings, whole ? std::string_view(text) : std::string_view("\xEF\xBF\xBD"));
  }
  if (wanted.token_strings) strings += ']';
  return {200, tokenize_body(ids, setup_.profile.model.max_model_len, strings)};
}

void Service::reply(Exchange& exchange, const HttpRequest& request, const Reply& reply) {
  ResponseLines lines;
  lines.status = reply.status;
  lines.content_type = reply.content_type;
  lines.length = reply.body.size();
  lines.extra = reply.extra;
  lines.cross_origin = request.cross_origin && reply.status != 401;
  lines.keep_alive = request.keep_alive;
  exchange.write(response_head(lines, setup_.unix_seconds()) + reply.body);
  exchange.finish(request.keep_alive);
  if (reply.status != 401) count_http(request, reply.status, setup_.now(), reply.body.size());
}

void Service::count_http(const HttpRequest& request, int status, TimePoint received,
                         std::size_t bytes) {
  if (uncounted(request.path())) return;
  const bool known = find_route(request.path(), setup_.profile.dev_mode) != nullptr;
  metrics_.on_http(known ? request.path() : "none", request.method, status,
                   to_seconds(setup_.now() - received), static_cast<double>(request.body.size()),
                   static_cast<double>(bytes));
}

}  // namespace abgate::sim
