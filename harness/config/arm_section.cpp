// baseline: and candidate: — one endpoint, how to reach it, what is known about it.

#include "config/codec.hpp"
#include "config/sections.hpp"

namespace abgate::config {
namespace {

using Use = Text::Use;

/// A URL that HTTP can use. Left as written when it still holds ${NAME}.
void check_url(const Cursor& at, const std::string& url) {
  if (url.find("${") != std::string::npos) return;
  const std::string example = "http://127.0.0.1:8000 or https://host";
  const auto scheme = url.find("://");
  if (scheme == std::string::npos)
    at.fail(url, "a URL with http:// or https:// in front, e.g. " + example);
  const std::string name = url.substr(0, scheme);
  if (name != "http" && name != "https") at.fail(url, "http:// or https://");
  const std::string rest = url.substr(scheme + 3);
  const std::string host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.find('@') != std::string::npos) {
    at.fail("a URL with credentials (not shown)",
            "a URL without them, and api_key: ${NAME} or headers");
  }
  if (host.empty() || host.front() == ':') at.fail(url, "a URL with a host, e.g. " + example);
  if (url.find_first_of(" \t\r\n?#") != std::string::npos)
    at.fail(url, "a base URL without spaces, ? and #");
}

void check_gpu(const Cursor& at, GpuSource& gpu) {
  if (gpu.kind == GpuSource::Kind::nvidia_smi && gpu.command.empty()) gpu.command = "nvidia-smi";
  if (gpu.kind == GpuSource::Kind::dcgm && gpu.url.empty()) {
    at.at("url").fail("nothing", "the exporter's URL, e.g. http://127.0.0.1:9400/metrics");
  }
  if (!gpu.url.empty()) check_url(at.at("url"), gpu.url);
  if (gpu.max_gap < gpu.interval) {
    at.at("max_gap").fail(Span{}.show(gpu.max_gap),
                          "at least the interval of " + Span{}.show(gpu.interval));
  }
}

const Section<GpuSource>& gpu_section() {
  using Kind = GpuSource::Kind;
  static const Section<GpuSource> section = [] {
    Section<GpuSource> s("gpu", "Where the GPU memory of this arm is read while it is driven.");
    s.key("source", &GpuSource::kind,
          Choice<Kind>{
              {{"none", Kind::none}, {"nvidia-smi", Kind::nvidia_smi}, {"dcgm", Kind::dcgm}}},
          "`nvidia-smi` runs a command, `dcgm` fetches the text of a DCGM exporter")
        .required();
    s.key("command", &GpuSource::command, Text{Use::deployed},
          "the program and what stands before the query, e.g. `ssh gpu-host nvidia-smi`")
        .fallback("nvidia-smi");
    s.key("url", &GpuSource::url, Text{Use::deployed},
          "the exporter's text, e.g. `http://gpu-host:9400/metrics`");
    s.key("device", &GpuSource::gpu, Text{},
          "index or UUID of one GPU; left out: all, the fullest counts");
    s.key("interval", &GpuSource::interval, Span{}, "time between two samples");
    s.key("max_gap", &GpuSource::max_gap, Span{},
          "a longer hole between samples makes the peak unknown");
    s.finally(check_gpu);
    return s;
  }();
  return section;
}

const Section<DeploymentFacts>& deployment_section() {
  static const Section<DeploymentFacts> section = [] {
    Section<DeploymentFacts> s(
        "deployment",
        "Facts that no endpoint tells. `plan`, the memory demand and the diagnosis use them.");
    s.key("quantization", &DeploymentFacts::quantization, Text{},
          "`fp16`, `awq`, `awq_marlin`, `gptq-int4`, …");
    s.key("gpu_memory_utilization", &DeploymentFacts::gpu_memory_utilization, Share{},
          "vLLM's flag: the share of the card that it takes at start, whatever the model needs");
    s.key("gpu_total", &DeploymentFacts::gpu_total_gb, Size{}, "memory of the card");
    s.key("weights", &DeploymentFacts::weights_gb, Size{},
          "\"Model loading took …\" in the server's log");
    s.key("activation", &DeploymentFacts::activation_gb, Size{}, "activations, graphs and context");
    s.key("kv_per_token", &DeploymentFacts::kv_bytes_per_token, Size{1},
          "KV cache per token: 2 × layers × KV heads × head size × bytes, e.g. 256 KiB");
    s.key("other", &DeploymentFacts::other, TextMap{},
          "anything else worth printing in the report");
    return s;
  }();
  return section;
}

const Section<Tls>& tls_section() {
  static const Section<Tls> section = [] {
    Section<Tls> s("tls", "HTTPS.");
    s.key("ca_file", &Tls::ca_file, Text{Use::path},
          "PEM file of the authority; left out: the system's");
    s.key("insecure", &Tls::insecure, Flag{},
          "do not verify the certificate; stamped on the report");
    return s;
  }();
  return section;
}

void check_arm(const Cursor& at, ArmConfig& arm) {
  check_url(at.at("url"), arm.url);
  if (!arm.metrics_url.empty() && arm.metrics_url != "none")
    check_url(at.at("metrics_url"), arm.metrics_url);
}

}  // namespace

const Section<ArmConfig>& arm_section() {
  static const Section<ArmConfig> section = [] {
    Section<ArmConfig> s("arm", "One endpoint.");
    s.key("label", &ArmConfig::label, Text{}, "name in the report, e.g. `FP16`")
        .fallback("the arm's name");
    s.key("url", &ArmConfig::url, Text{Use::deployed}, "base URL, with or without `/v1`")
        .required();
    s.key("model", &ArmConfig::model, Text{},
          "model id to ask for; left out: the first that `/v1/models` names");
    s.key("api_key", &ArmConfig::api_key, Text{Use::secret}, "bearer key; must be `${NAME}`");
    s.key("headers", &ArmConfig::headers, TextMap{true},
          "further request headers; credentials must be `${NAME}`");
    s.nested("tls", &ArmConfig::tls, tls_section(), "HTTPS options");
    s.key("metrics_url", &ArmConfig::metrics_url, Text{Use::deployed},
          "the server's Prometheus text; `none`: no scrape")
        .fallback("<url without /v1>/metrics");
    s.nested("gpu", &ArmConfig::gpu, gpu_section(), "where GPU memory is read; left out: nowhere");
    s.nested("deployment", &ArmConfig::facts, deployment_section(), "facts that no endpoint tells");
    s.key("start_command", &ArmConfig::start_command, Text{Use::deployed},
          "mode `swapped`: starts this server");
    s.key("stop_command", &ArmConfig::stop_command, Text{Use::deployed},
          "mode `swapped`: stops this server");
    s.finally(check_arm);
    return s;
  }();
  return section;
}

}  // namespace abgate::config
