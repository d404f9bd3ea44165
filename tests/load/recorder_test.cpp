#include "load/recorder.hpp"

#include <future>
#include <stdexcept>

#include "catch.hpp"

namespace abgate::load {

namespace {
const std::vector<PlannedPrompt> kPrompts{{.id = "p0", .text = "a", .messages = {}, .stop = {}},
                                          {.id = "p1", .text = "b", .messages = {}, .stop = {}}};

FinishedRequest finished(std::uint32_t index, std::string body) {
  FinishedRequest f;
  f.record.planned.index = index;
  f.record.planned.item = index % 2;
  f.record.request_id = "r" + std::to_string(index);
  f.raw.status = 200;
  f.raw.content_type = "text/event-stream";
  sse::StreamCollector collector;
  collector.append(f.raw, body, Duration{1000}, false);
  collector.finish(f.raw, Duration{2000});
  f.raw.ended_ok = true;
  return f;
}

const std::string kAnswer =
    "data: {\"choices\":[{\"text\":\"hi\",\"finish_reason\":null}]}\n\n"
    "data: {\"choices\":[{\"text\":\"!\",\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n"
    "data: [DONE]\n\n";
}  // namespace

TEST_CASE("records come out decoded, in order, with the prompt's id") {
  std::vector<RequestRecord> records;
  Recorder recorder(kPrompts, false, [&](RequestRecord&& r) { records.push_back(std::move(r)); });
  for (std::uint32_t i = 0; i < 100; ++i) recorder.push(finished(i, kAnswer));
  recorder.finish();
  REQUIRE(records.size() == 100);
  for (std::uint32_t i = 0; i < 100; ++i) {
    REQUIRE(records[i].planned.index == i);
    REQUIRE(records[i].prompt_id == (i % 2 == 0 ? "p0" : "p1"));
  }
  REQUIRE(records[7].text == "hi!");
  REQUIRE(succeeded(records[7].outcome));
  REQUIRE(records[7].usage.value().completion_tokens == 2);
}

TEST_CASE("what transport and timeouts said outlives a stream that was cut") {
  FinishedRequest f = finished(0, kAnswer.substr(0, 60));
  f.raw.ended_ok = false;
  f.record.outcome = TimedOut{Stage::idle};
  const RequestRecord record = make_record(std::move(f), kPrompts, false);
  REQUIRE(describe(record.outcome) == "timed_out idle");
  REQUIRE(record.text == "hi");
}

TEST_CASE("a stream that was cut without another reason is truncated") {
  FinishedRequest f = finished(0, kAnswer.substr(0, 60));
  f.raw.ended_ok = false;
  const RequestRecord record = make_record(std::move(f), kPrompts, false);
  REQUIRE(outcome_class(record.outcome) == "stream_error");
  REQUIRE(std::get<StreamError>(record.outcome).what == "truncated");
}

TEST_CASE("a request that was never sent keeps its outcome") {
  FinishedRequest f;
  f.sent = false;
  f.record.outcome = NotSent{"interrupted"};
  const RequestRecord record = make_record(std::move(f), kPrompts, false);
  REQUIRE(describe(record.outcome) == "not_sent interrupted");
  REQUIRE(record.prompt_id == "p0");
}

TEST_CASE("posted work runs on the worker after what was pushed before") {
  std::vector<std::string> order;
  Recorder recorder(kPrompts, false, [&](RequestRecord&& r) { order.push_back(r.request_id); });
  recorder.push(finished(1, kAnswer));
  recorder.post([&] { order.push_back("posted"); });
  recorder.push(finished(2, kAnswer));
  recorder.finish();
  REQUIRE(order == std::vector<std::string>{"r1", "posted", "r2"});
}

TEST_CASE("an error of the callback is thrown at the end, once, and stops the records") {
  int seen = 0;
  Recorder recorder(kPrompts, false, [&](RequestRecord&&) {
    if (++seen == 3) throw std::runtime_error("disk full");
  });
  for (std::uint32_t i = 0; i < 50; ++i) recorder.push(finished(i, kAnswer));
  REQUIRE_THROWS_WITH(recorder.finish(), "disk full");
  REQUIRE(recorder.failed());
  REQUIRE(seen == 3);
}

TEST_CASE("a producer that is far ahead waits, and loses nothing") {
  std::promise<void> open_gate;
  std::shared_future<void> gate = open_gate.get_future().share();
  std::size_t seen = 0;
  Recorder recorder(
      kPrompts, false,
      [&](RequestRecord&&) {
        gate.wait();
        ++seen;
      },
      1);
  recorder.push(finished(0, kAnswer));
  std::thread opener([&] { open_gate.set_value(); });
  for (std::uint32_t i = 1; i < 20; ++i) recorder.push(finished(i, kAnswer));
  opener.join();
  recorder.finish();
  REQUIRE(seen == 20);
  REQUIRE(recorder.stalls() > 0);
}

TEST_CASE("a recorder that is abandoned still ends") {
  Recorder recorder(kPrompts, true, [](RequestRecord&&) { throw std::runtime_error("x"); });
  recorder.push(finished(0, kAnswer));
}

}  // namespace abgate::load
