#include "http/engine.hpp"

#include <set>

#include "core/error.hpp"
#include "engine_rig.hpp"

namespace abgate::http {

TEST_CASE("both arms run at once and every request comes back complete") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer baseline(fakes::stream_script(5));
  HttpServer candidate(fakes::stream_script(7));
  EngineRig rig(baseline.url(), candidate.url() + "/v1");
  rig.requests(4, 40, 4);
  const std::array<Arm, 2> arms{Arm::baseline, Arm::candidate};
  const auto cells = rig.run(arms);
  REQUIRE(cells.size() == 2);
  for (const CellRecord& cell : cells) {
    const std::size_t tokens = cell.arm == Arm::baseline ? 5 : 7;
    REQUIRE(cell.requests.size() == 44);
    std::set<std::string> ids;
    for (const RequestRecord& r : cell.requests) {
      CAPTURE(describe(r.outcome));
      REQUIRE(succeeded(r.outcome));
      REQUIRE(r.arm == cell.arm);
      REQUIRE(r.prompt_id == "p0");
      REQUIRE(r.stream.events.size() == tokens);
      REQUIRE(r.usage->completion_tokens == static_cast<std::int64_t>(tokens));
      REQUIRE(r.stream.headers <= r.stream.first_byte);
      REQUIRE(r.stream.events.front().at >= *r.stream.first_byte);
      REQUIRE(r.stream.events.back().at <= r.stream.closed);
      REQUIRE(r.stream.started >= cell.begin);
      REQUIRE(r.stream.started + r.stream.closed <= cell.end);
      ids.insert(r.request_id);
    }
    REQUIRE(ids.size() == 44);
    REQUIRE_FALSE(cell.interrupted);
    REQUIRE(cell.measured_begin >= cell.begin);
    REQUIRE(cell.health.loop_turns > 0);
    REQUIRE(cell.health.loop_lag_max >= cell.health.loop_lag_p50);
    REQUIRE(cell.health.client_cpu > 0);
    REQUIRE(cell.health.max_starts_per_turn <= 50);
  }
  REQUIRE(baseline.connections() == 4);
  REQUIRE(candidate.connections() == 4);
  REQUIRE(rig.engine->address(Arm::baseline) == "127.0.0.1");
}

TEST_CASE("one request at a time reuses one connection at once, from cell to cell") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(fakes::stream_script(1));
  EngineRig rig(server.url());
  rig.requests(1, 200, 1);
  for (int cell = 0; cell < 2; ++cell) {
    const CellRecord record = rig.run();
    REQUIRE(record.requests.size() == 201);
    std::size_t fresh = 0;
    for (const auto& r : record.requests) {
      REQUIRE(succeeded(r.outcome));
      if (!r.stream.reused_connection) ++fresh;
    }
    REQUIRE(fresh == (cell == 0 && EngineRig::libcurl_only ? 1 : 0));
  }
  REQUIRE(server.connections() == 1);
}

TEST_CASE("what goes over the wire: path, id, key, headers, model, no waiting for 100-continue") {
  EngineRig::libcurl_only = GENERATE(false, true);
  std::mutex mutex;
  std::vector<fakes::HttpRequest> seen;
  HttpServer server([&](Connection& c) {
    while (auto request = c.read_request()) {
      {
        const std::scoped_lock lock(mutex);
        seen.push_back(*request);
      }
      c.begin_stream();
      c.chunk(fakes::token_event("x", "stop"));
      c.chunk(fakes::kDoneEvent);
      c.end_stream();
    }
  });
  EngineRig rig(server.url());
  rig.scenario.baseline.api_key = "sk-1";
  rig.scenario.baseline.headers = {{"X-Team", "red"}};
  rig.plan.prompts[0].text = std::string(3'000'000, 'p');
  rig.requests(0, 2, 1);
  REQUIRE(rig.run().requests.size() == 2);
  REQUIRE(seen.size() == 2);
  const auto& r = seen[1];
  REQUIRE(r.method == "POST");
  REQUIRE(r.path == "/v1/completions");
  REQUIRE(r.header("x-request-id") == "c/000-baseline-abc-1");
  REQUIRE(r.header("authorization") == "Bearer sk-1");
  REQUIRE(r.header("content-type") == "application/json");
  REQUIRE(r.header("x-team") == "red");
  REQUIRE(r.header("expect").empty());
  REQUIRE(r.header("accept-encoding").empty());
  REQUIRE(r.body.size() > 3'000'000);
  REQUIRE(r.body.find("\"model\":\"m0\"") != std::string::npos);
}

TEST_CASE("the chat API goes to its own path") {
  EngineRig::libcurl_only = GENERATE(false, true);
  std::string path;
  HttpServer server([&](Connection& c) {
    path = c.read_request()->path;
    c.begin_stream();
    c.chunk("data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n");
    c.chunk(fakes::kDoneEvent);
    c.end_stream();
  });
  EngineRig rig(server.url());
  rig.scenario.api = Api::chat;
  rig.plan.prompts[0].messages = {{"user", "hi"}};
  REQUIRE(rig.outcome() == "completed stop");
  REQUIRE(path == "/v1/chat/completions");
}

TEST_CASE("connecting is outside the measured time and a fresh connection is marked") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server([](Connection& c) {
    for (int i = 0; i < 2 && c.read_request(); ++i) {
      const std::string body = fakes::token_event("x", "stop") + std::string(fakes::kDoneEvent);
      c.send(
          fmt::format("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{}"
                      "content-length: {}\r\n\r\n{}",
                      i == 1 ? "connection: close\r\n" : "", body.size(), body));
    }
  });
  EngineRig rig(server.url());
  rig.requests(0, 4, 1);
  const CellRecord record = rig.run();
  const auto& requests = record.requests;
  REQUIRE(requests.size() == 4);
  REQUIRE(requests[1].stream.reused_connection);
  REQUIRE(requests[1].stream.connect == Duration{0});
  REQUIRE_FALSE(requests[2].stream.reused_connection);
  REQUIRE(requests[2].stream.connect > Duration{0});
  REQUIRE(requests[3].stream.reused_connection);
  for (const auto& r : requests) REQUIRE(r.stream.queued == Duration{0});
  REQUIRE(server.connections() == 2);
}

TEST_CASE("chunks of one write are one read, chunks apart are not") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server([](Connection& c) {
    c.read_request();
    c.begin_stream();
    const std::string one = fakes::token_event("a");
    const std::string framed = fmt::format("{:x}\r\n{}\r\n", one.size(), one);
    c.pause(20ms);
    c.send(framed + framed + framed);
    c.pause(50ms);
    c.chunk(fakes::token_event("b", "stop"));
    c.chunk(fakes::kDoneEvent);
    c.end_stream();
  });
  EngineRig rig(server.url());
  rig.requests(0, 1, 1);
  const CellRecord record = rig.run();
  const auto& events = record.requests.at(0).stream.events;
  REQUIRE(events.size() == 4);
  REQUIRE_FALSE(events[0].with_previous);
  REQUIRE(events[1].with_previous);
  REQUIRE(events[2].with_previous);
  REQUIRE_FALSE(events[3].with_previous);
  REQUIRE(events[3].at - events[2].at >= 40ms);
}

TEST_CASE("an open loop keeps its schedule beside slow answers") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(fakes::stream_script(3, 60ms));
  EngineRig rig(server.url());
  rig.requests(2, 20, 0);
  rig.cell.load.arrival = Arrival::constant;
  for (std::size_t i = 0; i < 20; ++i) rig.cell.requests[2 + i].due = 10ms * static_cast<int>(i);
  const CellRecord record = rig.run();
  std::size_t measured = 0;
  for (const auto& r : record.requests) {
    REQUIRE(succeeded(r.outcome));
    if (r.planned.phase != Phase::measured) continue;
    ++measured;
    REQUIRE(r.stream.due == record.measured_begin + r.planned.due);
    REQUIRE(r.stream.started >= r.stream.due);
    REQUIRE(r.stream.queued == r.stream.started - r.stream.due);
  }
  REQUIRE(measured == 20);
  REQUIRE(record.health.schedule_lag_max >= record.health.schedule_lag_p50);
}

TEST_CASE("records can be taken one by one, and progress is told") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(fakes::stream_script(2));
  EngineRig rig(server.url());
  rig.requests(0, 30, 3);
  std::size_t records = 0;
  Progress last;
  const std::array<Arm, 1> arms{Arm::candidate};
  const auto cells = rig.run(
      arms, [&](RequestRecord&&) { ++records; }, [&](const Progress& p) { last = p; });
  REQUIRE(records == 30);
  REQUIRE(cells.at(0).requests.empty());
  const auto& progress = last[index_of(Arm::candidate)].value();
  REQUIRE(progress.planned == 30);
  REQUIRE(progress.done == 30);
  REQUIRE(progress.failed == 0);
  REQUIRE(progress.events == 120);
  REQUIRE(progress.ttft_p50.has_value());
}

TEST_CASE("an error of the record's taker ends the run and comes out") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(fakes::stream_script(2, 5ms));
  EngineRig rig(server.url());
  rig.requests(0, 10'000, 2);
  const std::array<Arm, 1> arms{Arm::baseline};
  REQUIRE_THROWS_WITH(
      rig.run(arms, [](RequestRecord&&) { throw Error(ExitCode::bad_data, "disk full"); }),
      "disk full");
  rig.requests(0, 3, 1);
  REQUIRE(rig.run().requests.size() == 3);
}

TEST_CASE("stopping ends the cell early, drains it and marks it") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(fakes::stream_script(20, 10ms));
  EngineRig rig(server.url());
  rig.requests(0, 100, 2);
  std::size_t completed = 0;
  const std::array<Arm, 1> arms{Arm::baseline};
  std::size_t unsent = 0;
  const auto cells = rig.run(arms, [&](RequestRecord&& r) {
    if (succeeded(r.outcome)) ++completed;
    if (std::holds_alternative<NotSent>(r.outcome)) ++unsent;
    rig.stop.request_stop();
  });
  REQUIRE(cells.at(0).interrupted);
  REQUIRE(completed >= 1);
  REQUIRE(unsent > 50);
}

TEST_CASE("a hundred streams at once") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(fakes::stream_script(10, 5ms));
  EngineRig rig(server.url());
  rig.requests(100, 100, 100);
  const CellRecord record = rig.run();
  REQUIRE(record.requests.size() == 200);
  for (const auto& r : record.requests) {
    CAPTURE(describe(r.outcome));
    REQUIRE(succeeded(r.outcome));
    REQUIRE(r.text.starts_with("t0 t1 "));
  }
  REQUIRE(server.connections() == 100);
}

}  // namespace abgate::http
