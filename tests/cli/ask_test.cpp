#include "cli/ask.hpp"

#include <filesystem>

#include "../catch.hpp"
#include "cli/likelihood_pass.hpp"
#include "fakes/http_server.hpp"
#include "store/likelihood_file.hpp"
#include "store/samples.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {

constexpr const char* kKey = "sk-0123456789-secret";

/// A server that repeats the credentials which it refuses.
fakes::HttpServer::Script repeats_credentials() {
  return [](fakes::Connection& c) {
    while (const auto request = c.read_request()) {
      c.send_status(401, "application/json",
                    "{\"error\":{\"message\":\"no: " + request->header("authorization") + " " +
                        request->header("x-team-token") + "\"}}");
    }
  };
}

ArmConfig arm_at(const fakes::HttpServer& server) {
  ArmConfig arm;
  arm.url = server.url() + "/v1";
  arm.api_key = kKey;
  arm.headers = {{"X-Team-Token", "Basic dGVhbS1zZWNyZXQ"}, {"X-Team", "search-and-find"}};
  return arm;
}

}  // namespace

TEST_CASE("secrets are the key and the values of headers that carry credentials", "[cli]") {
  ArmConfig arm;
  CHECK(secrets_of(arm).empty());
  arm.api_key = kKey;
  arm.headers = {{"X-API-Key", "plain-value"}, {"AUTHORIZATION", "Bearer abc"}, {"X-Team", "t"}};
  CHECK(secrets_of(arm) == std::vector<std::string>{kKey, "plain-value", "Bearer abc", "abc"});
}

TEST_CASE("a server's words come without the secrets that it repeats", "[cli]") {
  fakes::HttpServer server(repeats_credentials());
  const ArmConfig arm = arm_at(server);
  const Answer answer = make_ask()(arm, "POST", arm.url + "/completions", "{}");
  CHECK(answer.status == 401);
  CHECK_THAT(answer.body, ContainsSubstring("no: Bearer [redacted] [redacted]"));
  CHECK(answer.body.find("dGVhbS1zZWNyZXQ") == std::string::npos);
}

TEST_CASE("neither the raw file nor the note of a refused pass holds a key", "[cli][likelihood]") {
  fakes::HttpServer server(repeats_credentials());
  const ArmConfig arm = arm_at(server);
  test::TempFolder folder;
  std::string notes;
  LikelihoodPass pass;
  pass.folder = folder.path();
  pass.arms = {{Arm::baseline, &arm, "m"}};
  pass.ask = make_ask();
  pass.note = [&](const std::string& line) { notes += line + "\n"; };
  pass.redact = store::Redactor(secrets_of(arm));
  const LikelihoodText text{LikelihoodTask::reference, "i", "c", "k", "python",
                            std::string("print('") + kKey + "')", 0};
  run_likelihood(pass, {text}, {});
  CHECK_THAT(notes, ContainsSubstring("gives no log-probabilities"));
  CHECK(notes.find(kKey) == std::string::npos);
  store::LikelihoodReader reader(
      folder / store::likelihood_file(LikelihoodTask::reference, Arm::baseline), false);
  LikelihoodRecord record;
  REQUIRE(reader.next(record));
  CHECK_THAT(record.error, ContainsSubstring("[redacted]"));
  CHECK(record.error.find(kKey) == std::string::npos);
  CHECK(record.text.text == "print('[redacted]')");
}

TEST_CASE("a reader that throws what nobody expects ends the pass, not the program",
          "[cli][likelihood]") {
  test::TempFolder folder;
  ArmConfig arm;
  arm.url = "http://a/v1";
  LikelihoodPass pass;
  pass.folder = folder.path();
  pass.arms = {{Arm::baseline, &arm, "m"}};
  int calls = 0;
  pass.ask = [&](const ArmConfig&, std::string_view, const std::string&, const std::string&) {
    if (++calls > 2) throw std::runtime_error("out of the blue");
    return Answer{200, "", R"({"choices":[{"prompt_logprobs":[null,{"1":{"logprob":-1}}]}]})", ""};
  };
  pass.note = [](const std::string&) {};
  const LikelihoodText text{LikelihoodTask::reference, "i", "c", "k", "python", "ab", 0};
  CHECK_THROWS_WITH(run_likelihood(pass, {text, text, text}, {}), "out of the blue");
}
