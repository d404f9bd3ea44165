#include "sim_fixture.hpp"
#include "source_dir.hpp"

#include <stdexcept>

namespace abgate::sim::test {

std::string RecordedExchange::body() const {
  const std::string raw = raw_body();
  if (head().find("transfer-encoding: chunked") == std::string::npos) return raw;
  std::string out;
  for (std::size_t pos = 0; pos < raw.size();) {
    const std::size_t line = raw.find("\r\n", pos);
    if (line == std::string::npos) break;
    const std::size_t size = std::stoul(raw.substr(pos, line - pos), nullptr, 16);
    out += raw.substr(line + 2, size);
    pos = line + 2 + size + 2;
  }
  return out;
}

std::vector<std::string> RecordedExchange::events() const {
  std::vector<std::string> out;
  const std::string text = body();
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t end = text.find("\n\n", pos);
    if (end == std::string::npos) break;
    out.push_back(text.substr(pos + 6, end - pos - 6));  // behind "data: "
    pos = end + 2;
  }
  return out;
}

Profile exact_profile(const std::string& name) {
  Profile profile =
      load_profile(source_dir() + "/scenarios/sim/" + name + ".yaml");
  profile.host.jitter_cv = 0;
  profile.host.stall_probability = 0;
  return profile;
}

VirtualServer::VirtualServer(Profile profile, FaultSpec faults, AnswerBook answers,
                             std::string api_key, std::string truth_path) {
  ServiceSetup setup;
  setup.profile = std::move(profile);
  setup.faults = std::move(faults);
  setup.answers = std::move(answers);
  setup.api_key = std::move(api_key);
  setup.truth_path = std::move(truth_path);
  setup.now = [this] { return time; };
  setup.unix_seconds = [] { return kUnixSeconds; };
  setup.process = [] { return ProcessFacts{}; };
  service = std::make_unique<Service>(std::move(setup));
}

std::shared_ptr<RecordedExchange> VirtualServer::send(HttpRequest request) {
  auto exchange = std::make_shared<RecordedExchange>();
  exchange->now = [this] { return time; };
  service->handle(exchange, std::move(request));
  return exchange;
}

std::shared_ptr<RecordedExchange> VirtualServer::post(const std::string& path,
                                                      const std::string& body,
                                                      const std::string& request_id) {
  HttpRequest request;
  request.method = "POST";
  request.target = path;
  request.body = body;
  request.content_type = "application/json";
  request.request_id = request_id;
  return send(std::move(request));
}

std::shared_ptr<RecordedExchange> VirtualServer::get(const std::string& path) {
  HttpRequest request;
  request.method = "GET";
  request.target = path;
  return send(std::move(request));
}

std::shared_ptr<RecordedExchange> VirtualServer::ask(const std::string& path,
                                                     const std::string& body,
                                                     const std::string& request_id) {
  auto exchange = post(path, body, request_id);
  run();
  return exchange;
}

void VirtualServer::run(Duration limit) {
  const TimePoint end = time + limit;
  for (auto wake = service->next_wake(); wake && *wake <= end; wake = service->next_wake()) {
    time = std::max(time, *wake);
    service->advance();
  }
}

void VirtualServer::run_for(Duration duration) {
  const TimePoint end = time + duration;
  run(duration);
  time = end;
  service->advance();
}

std::string VirtualServer::metrics() {
  return get("/metrics")->body();
}

double VirtualServer::metric(const std::string& name) {
  const std::string text = "\n" + metrics();
  const std::size_t at = text.find("\n" + name);
  if (at == std::string::npos) throw std::runtime_error("no metric " + name);
  const std::size_t space = text.find(' ', at + 1);
  return std::stod(text.substr(space + 1));
}

}  // namespace abgate::sim::test
