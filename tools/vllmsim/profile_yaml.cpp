#include <yaml-cpp/yaml.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <set>
#include <sstream>
#include <utility>

#include "core/error.hpp"
#include "vllmsim/profile.hpp"

namespace abgate::sim {

namespace {

Place place_of(const std::string& path, const YAML::Mark& mark) {
  if (mark.is_null()) return {path, 0, 0};
  return {path, mark.line + 1, mark.column + 1};
}

std::string seen(const YAML::Node& node) {
  if (!node.IsDefined()) return "nothing";
  if (node.IsNull()) return "null";
  if (node.IsMap()) return "a mapping";
  if (node.IsSequence()) return "a list";
  return node.Scalar();
}

/// One mapping of the file: reads keys by name and refuses, at `done`, those nobody asked for.
class Section {
 public:
  Section(const std::string& path, YAML::Node node, std::string name)
      : path_(path), node_(std::move(node)), name_(std::move(name)) {
    if (node_.IsDefined() && !node_.IsMap()) fail(node_, name_, "a mapping");
  }

  bool has(const std::string& key) const { return node_.IsDefined() && node_[key].IsDefined(); }

  Section section(const std::string& key) {
    asked_.insert(key);
    return {path_, child(key), full(key)};
  }

  /// A number in [least, most]; `unit` scales it into the field's unit.
  template <typename T>
  void number(const std::string& key, T& out, double least, double most, double unit = 1) {
    asked_.insert(key);
    const YAML::Node value = child(key);
    if (!value.IsDefined()) return;
    double x = 0;
    if (!value.IsScalar() || !YAML::convert<double>::decode(value, x) || !std::isfinite(x) ||
        x < least || x > most || (std::is_integral_v<T> && x != std::floor(x))) {
      fail(value, full(key),
           std::string(std::is_integral_v<T> ? "a whole number" : "a number") + " from " +
               short_number(least) + " to " + short_number(most));
    }
    out = static_cast<T>(x * unit);
  }

  void text(const std::string& key, std::string& out, bool required = false) {
    asked_.insert(key);
    const YAML::Node value = child(key);
    if (!value.IsDefined() && !required) return;
    if (!value.IsDefined() || !value.IsScalar() || value.Scalar().empty()) {
      fail(value, full(key), "a text");
    }
    out = value.Scalar();
  }

  void flag(const std::string& key, bool& out) {
    asked_.insert(key);
    const YAML::Node value = child(key);
    if (!value.IsDefined()) return;
    if (!value.IsScalar() || !YAML::convert<bool>::decode(value, out)) {
      fail(value, full(key), "true or false");
    }
  }

  template <typename T>
  void choice(const std::string& key, T& out,
              std::initializer_list<std::pair<const char*, T>> options) {
    std::string word;
    text(key, word);
    if (word.empty()) return;
    std::string wanted;
    for (const auto& [name, value] : options) {
      if (word == name) {
        out = value;
        return;
      }
      wanted += (wanted.empty() ? "one of " : ", ") + std::string(name);
    }
    fail(child(key), full(key), wanted);
  }

  void duration_ms(const std::string& key, Duration& out) {
    double ms = 0;
    number(key, ms, 0, 1e7);
    out = from_seconds(ms * 1e-3);
  }

  void each(const std::function<void(const std::string&)>& on_key) {
    if (!node_.IsDefined()) return;
    for (const auto& pair : node_) on_key(pair.first.Scalar());
  }

  void done() const {
    if (!node_.IsDefined()) return;
    std::set<std::string> found;
    for (const auto& pair : node_) {
      const std::string key = pair.first.Scalar();
      if (!asked_.contains(key)) fail(pair.first, full(key), "one of: " + known());
      if (!found.insert(key).second) fail(pair.first, full(key), "each key once");
    }
  }

 private:
  YAML::Node child(const std::string& key) const {
    if (!node_.IsDefined()) return YAML::Node(YAML::NodeType::Undefined);
    const YAML::Node node = node_;  // const access: never inserts the key
    return node[key];
  }
  std::string full(const std::string& key) const { return name_.empty() ? key : name_ + "." + key; }
  std::string known() const {
    std::string out;
    for (const auto& key : asked_) out += (out.empty() ? "" : ", ") + key;
    return out;
  }
  static std::string short_number(double x) {
    std::ostringstream out;
    out << x;
    return out.str();
  }
  [[noreturn]] void fail(const YAML::Node& at, const std::string& key,
                         const std::string& wanted) const {
    const YAML::Mark mark = at.IsDefined()      ? at.Mark()
                            : node_.IsDefined() ? node_.Mark()
                                                : YAML::Mark::null_mark();
    throw ScenarioError(place_of(path_, mark), key, seen(at), wanted);
  }

  const std::string& path_;
  YAML::Node node_;
  std::string name_;
  std::set<std::string> asked_;
};

void read_model(Section s, ModelSpec& model) {
  s.text("id", model.id, true);
  model.root = model.id;
  s.text("root", model.root);
  s.number("max_model_len", model.max_model_len, 16, 4e6);
  s.number("layers", model.layers, 1, 1000);
  s.number("hidden", model.hidden, 1, 1e6);
  s.number("vocab", model.vocab, 151936, 1e6);
  s.number("linear_params", model.linear_params, 1e6, 1e13);
  s.number("lm_head_params", model.lm_head_params, 0, 1e12);
  s.number("kv_bytes_per_token", model.kv_bytes_per_token, 1, 1e9);
  s.number("weights_gib", model.weights_gib, 0.001, 1e5);
  s.done();
}

void read_gpu(Section s, GpuSpec& gpu) {
  s.text("name", gpu.name, true);
  s.text("uuid", gpu.uuid);
  s.number("memory_mib", gpu.memory_mib, 1, 1e7);
  s.number("reserved_mib", gpu.reserved_mib, 0, 1e5);
  s.number("context_mib", gpu.context_mib, 0, 1e5);
  s.number("bandwidth_tb_s", gpu.bandwidth, 0.001, 1000, 1e12);
  s.number("bf16_tflops", gpu.flops, 0.001, 1e6, 1e12);
  s.number("idle_w", gpu.idle_w, 0, 1e4);
  s.number("limit_w", gpu.limit_w, 1, 1e4);
  s.done();
}

void read_kernel(Section s, KernelSpec& kernel) {
  s.choice<KernelKind>("kind", kernel.kind,
                       {{"dense", KernelKind::dense},
                        {"marlin", KernelKind::marlin},
                        {"awq_compiled", KernelKind::awq_compiled},
                        {"awq_eager", KernelKind::awq_eager}});
  s.number("bytes_per_param", kernel.bytes_per_param, 0.1, 8);
  s.number("bandwidth_efficiency", kernel.bandwidth_efficiency, 0.01, 1);
  s.number("bandwidth_efficiency_16", kernel.bandwidth_efficiency_16, 0.01, 1);
  s.number("compute_efficiency", kernel.compute_efficiency, 0.01, 1);
  s.number("compute_ratio", kernel.compute_ratio, 0.01, 10);
  s.number("kv_efficiency", kernel.kv_efficiency, 0.01, 1);
  s.number("dequant_efficiency", kernel.dequant_efficiency, 0.01, 1);
  s.done();
}

void read_engine(Section s, EngineSpec& engine) {
  s.text("quantization", engine.quantization);
  s.text("dtype", engine.dtype);
  s.number("gpu_memory_utilization", engine.gpu_memory_utilization, 0.01, 1);
  s.number("max_num_seqs", engine.max_num_seqs, 1, 1e6);
  s.number("max_num_batched_tokens", engine.max_num_batched_tokens, 1, 1e7);
  s.number("block_size", engine.block_size, 1, 1024);
  s.flag("enable_prefix_caching", engine.enable_prefix_caching);
  s.flag("enforce_eager", engine.enforce_eager);
  s.number("activation_gib", engine.activation_gib, 0, 1e4);
  s.number("graphs_gib", engine.graphs_gib, 0, 1e4);
  s.done();
}

void read_host(Section s, HostSpec& host) {
  s.number("per_layer_us", host.per_layer_us, 0, 1e6);
  s.number("per_step_ms", host.per_step_ms, 0, 1e6);
  s.number("per_request_us", host.per_request_us, 0, 1e6);
  s.number("api_ms", host.api_ms, 0, 1e6);
  s.number("jitter_cv", host.jitter_cv, 0, 1);
  s.number("stall_probability", host.stall_probability, 0, 1);
  s.done();
}

void read_quality(Section s, QualitySpec& quality) {
  s.number("accuracy", quality.accuracy, 0, 1);
  s.number("rho", quality.rho, 0, 1);
  s.number("nll_mean", quality.nll_mean, 0.001, 100);
  s.number("nll_shift", quality.nll_shift, -100, 100);
  s.number("nll_noise", quality.nll_noise, 0, 100);
  Section by = s.section("by_category");
  by.each([&](const std::string& key) { by.number(key, quality.by_category[key], 0, 1); });
  by.done();
  s.done();
}

void read_lengths(Section s, LengthSpec& lengths) {
  s.number("median", lengths.median, 1, 1e6);
  s.number("sigma", lengths.sigma, 0, 5);
  s.number("max", lengths.max, 1, 1e6);
  s.done();
}

void read_server(Section s, Profile& profile) {
  s.flag("dev_mode", profile.dev_mode);
  s.flag("prompt_tokens_details", profile.prompt_tokens_details);
  s.number("max_logprobs", profile.max_logprobs, 0, 1000);
  s.choice<LogprobsMode>("logprobs", profile.logprobs,
                         {{"serve", LogprobsMode::serve},
                          {"ignore", LogprobsMode::ignore},
                          {"refuse", LogprobsMode::refuse}});
  s.done();
}

Profile read(const YAML::Node& document, const std::string& path) {
  Profile profile;
  profile.path = path;
  Section root(path, document, "");
  root.text("name", profile.name, true);
  read_model(root.section("model"), profile.model);
  read_gpu(root.section("gpu"), profile.gpu);
  read_kernel(root.section("kernel"), profile.kernel);
  read_engine(root.section("engine"), profile.engine);
  read_host(root.section("host"), profile.host);
  read_quality(root.section("quality"), profile.quality);
  read_lengths(root.section("lengths"), profile.lengths);
  read_server(root.section("server"), profile);
  const bool fixed = root.has("fixed");
  Section timings = root.section("fixed");
  if (fixed) {
    profile.fixed.emplace();
    timings.duration_ms("ttft_ms", profile.fixed->ttft);
    timings.duration_ms("itl_ms", profile.fixed->itl);
  }
  timings.done();
  root.done();
  return profile;
}

}  // namespace

Profile parse_profile(const std::string& text, const std::string& path) {
  YAML::Node document;
  try {
    document = YAML::Load(text);
  } catch (const YAML::Exception& error) {
    throw ScenarioError(place_of(path, error.mark), "", error.msg, "valid YAML");
  }
  if (!document.IsMap()) {
    throw ScenarioError({path, 1, 1}, "", seen(document), "a profile (a mapping with a name)");
  }
  return read(document, path);
}

Profile load_profile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || (file.peek(), file.bad())) {
    throw ScenarioError({path, 0, 0}, "", "no readable file", "a simulator profile (YAML)");
  }
  return parse_profile(text.str(), path);
}

}  // namespace abgate::sim
