#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "decision/preview.hpp"

namespace abgate::cli {

namespace {

std::string as_json(const decision::Preview& preview, const Session& session) {
  auto criteria = nlohmann::ordered_json::array();
  for (const auto& c : preview.criteria) {
    criteria.push_back(
        {{"id", c.id},
         {"can_pass", c.can_pass},
         {"why_not", c.why_not},
         {"remedy", c.remedy},
         {"needed", c.needed ? nlohmann::ordered_json(*c.needed) : nlohmann::ordered_json()},
         {"sentence", c.sentence},
         {"n", c.n},
         {"n_unit", c.n_unit}});
  }
  const nlohmann::ordered_json json{
      {"schema", "abgate/plan/v1"},      {"scenario", session.scenario.name},
      {"plan_hash", session.plan.hash},  {"minutes", preview.minutes},
      {"requests", preview.requests},    {"blocks", preview.blocks},
      {"can_go", preview.can_go},        {"go_power", preview.go_power},
      {"criteria", std::move(criteria)}, {"notes", preview.notes}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void print(const decision::Preview& preview, const Session& session, std::ostream& out) {
  const Scenario& s = session.scenario;
  out << fmt::format(
      "{}: {} requests in {} cells over all arms, about {} (assumed pace), plan {}\n\n", s.name,
      preview.requests, session.plan.cells.size(), format_seconds(60 * preview.minutes),
      session.plan.hash);
  for (const auto& c : preview.criteria) {
    out << fmt::format("{:<9} {} ({} {})\n", c.can_pass ? "can pass" : "CANNOT",
                       c.title.empty() ? c.id : c.title, c.n, c.n_unit);
    if (!c.sentence.empty()) out << "          " << c.sentence << "\n";
    if (!c.can_pass) out << "          why: " << c.why_not << "\n";
    if (!c.remedy.empty()) out << "          remedy: " << c.remedy << "\n";
  }
  out << "\n";
  for (const auto& note : session.notes) out << "note: " << note << "\n";
  for (const auto& note : preview.notes) out << "note: " << note << "\n";
  out << (preview.can_go
              ? "A GO is possible with this plan. Nothing was sent.\n"
              : "This plan cannot end in a GO, whatever the candidate. Nothing was sent.\n");
}

}  // namespace

ExitCode execute(const PlanOptions& options, Streams io) {
  const Session session = prepare(options.input);
  const auto preview = decision::preview(session.scenario, session.plan);
  if (options.json) {
    io.out << as_json(preview, session);
  } else {
    print(preview, session, io.out);
  }
  return ExitCode::go;
}

}  // namespace abgate::cli
