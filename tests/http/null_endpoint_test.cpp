#include "http/null_endpoint.hpp"

#include <thread>

#include "http/engine_rig.hpp"

namespace abgate::http {
namespace {

struct Serving {
  explicit Serving(double rate) : endpoint(rate), thread([this] { endpoint.serve(); }) {}
  ~Serving() {
    endpoint.stop();
    thread.join();
  }
  NullEndpoint endpoint;
  std::thread thread;
};

TEST_CASE("every event of a null endpoint carries a stamp that lies before its receipt") {
  const double rate = GENERATE(0.0, 500.0);
  const Serving server(rate);
  EngineRig rig(server.endpoint.url());
  rig.requests(0, 20, 5);
  const CellRecord cell = rig.run();
  REQUIRE(cell.requests.size() == 20);
  for (const RequestRecord& record : cell.requests) {
    CHECK(describe(record.outcome).starts_with("completed"));
    const auto errors = stamp_errors(record);
    REQUIRE(errors.size() == 16);
    for (const Duration error : errors) CHECK(error >= Duration{0});
    CHECK(gap_errors(errors).size() == 15);
  }
}

TEST_CASE("stamp errors are receipt minus sending") {
  RequestRecord record;
  record.stream.started = TimePoint(Duration(1000));
  record.stream.events = {{.at = Duration(50)}, {.at = Duration(90)}};
  record.text = "0000000000000000101000000000000000001080";
  CHECK(stamp_errors(record) == std::vector{Duration(40), Duration(10)});
  CHECK(gap_errors(stamp_errors(record)) == std::vector{Duration(-30)});
}

TEST_CASE("text that is no list of stamps yields no errors") {
  RequestRecord record;
  record.stream.events = {{.at = Duration(50)}};
  record.text = GENERATE("", "0000000000000000101", "00000000000000001x10");
  CHECK(stamp_errors(record).empty());
}

}  // namespace
}  // namespace abgate::http
