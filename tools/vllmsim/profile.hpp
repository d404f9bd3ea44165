#pragma once
// What is simulated: a model on a card behind a server, as numbers. One YAML file under
// scenarios/sim.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/time.hpp"

namespace abgate::sim {

/// The weights and the KV cache of the model.
struct ModelSpec {
  std::string id;    ///< served name
  std::string root;  ///< what `--model` was; default: the id
  std::int64_t max_model_len = 32768;
  int layers = 64;
  int hidden = 5120;
  int vocab = 152064;
  double linear_params = 31.206e9;   ///< parameters in the linear layers of all blocks
  double lm_head_params = 0.7786e9;  ///< always 16 bit
  double kv_bytes_per_token = 262144;
  double weights_gib = 61.04;  ///< resident, as the server's log says
};

struct GpuSpec {
  std::string name;
  std::string uuid;
  double memory_mib = 97887;    ///< total, as nvidia-smi prints it
  double reserved_mib = 614;    ///< of the driver; neither used nor free
  double context_mib = 530;     ///< CUDA context and allocator slack outside the budget
  double bandwidth = 1.792e12;  ///< bytes/s
  double flops = 503.8e12;      ///< dense 16-bit FLOP/s
  double idle_w = 60;
  double limit_w = 600;
};

/// How the linear layers are computed; names of simulation profiles, not of vLLM's flags.
enum class KernelKind {
  dense,         ///< 16-bit cuBLAS, or a scaled-rate format (FP8)
  marlin,        ///< weight-only, 16-bit maths at `compute_ratio` of cuBLAS
  awq_compiled,  ///< plain awq under torch.compile: always dequantises, then cuBLAS
  awq_eager,     ///< plain awq, eager: GEMM in tiles of 16 rows below 256 tokens
};

struct KernelSpec {
  KernelKind kind = KernelKind::dense;
  double bytes_per_param = 2;            ///< of the linear layers, scales included
  double bandwidth_efficiency = 0.9;     ///< eb: share of the peak bandwidth when reading weights
  double bandwidth_efficiency_16 = 0.9;  ///< eb16: the same for 16-bit GEMV (lm_head)
  double compute_efficiency = 0.6;       ///< ef: whole-step prefill MFU
  double compute_ratio = 1;         ///< rc: this kernel's rate at large M / cuBLAS's 16-bit rate
  double kv_efficiency = 0.6;       ///< ekv: share of the peak bandwidth when reading KV
  double dequant_efficiency = 0.5;  ///< plain awq: share of the peak bandwidth while dequantising
};

struct EngineSpec {
  std::string quantization;  ///< as /server_info prints it; "None" for 16 bit
  std::string dtype = "float16";
  double gpu_memory_utilization = 0.9;
  std::int64_t max_num_seqs = 512;
  std::int64_t max_num_batched_tokens = 8192;
  int block_size = 16;
  bool enable_prefix_caching = true;
  bool enforce_eager = false;
  double activation_gib = 1.5;  ///< inside the budget: peak activation and non-torch growth
  double graphs_gib = 0.6;      ///< outside the budget
};

struct HostSpec {
  double per_layer_us = 32;
  double per_step_ms = 1.2;          ///< c0
  double per_request_us = 15;        ///< c1
  double api_ms = 12;                ///< HTTP parse, validation, tokenisation, hand-over
  double jitter_cv = 0.015;          ///< lognormal, per step
  double stall_probability = 0.001;  ///< of a host stall of 2–10 ms in a step
};

/// Planted quality. `accuracy` is the probability of a correct answer to a known prompt.
struct QualitySpec {
  double accuracy = 0.9;
  std::map<std::string, double> by_category;
  double rho = 0.9;         ///< correlation of the latent ability of two instances on one item
  double nll_mean = 0.55;   ///< mean negative log-probability of a prompt token, nats
  double nll_shift = 0;     ///< added to it: what this quantisation loses
  double nll_noise = 0.02;  ///< of one instance, per token, nats
};

/// What the server does with a request for log-probabilities of generated tokens.
enum class LogprobsMode {
  serve,   ///< as vLLM does
  ignore,  ///< as a server that does not know the field
  refuse,  ///< with an error, whatever the number
};

/// Output lengths of prompts that no suite knows: lognormal.
struct LengthSpec {
  double median = 80;
  double sigma = 0.7;
  std::int64_t max = 2048;
};

/// Timings without a model: every stream gets its first token after `ttft`, then one each `itl`.
struct FixedSpec {
  Duration ttft{0};
  Duration itl{0};
};

struct Profile {
  std::string path;
  std::string name;
  ModelSpec model;
  GpuSpec gpu;
  KernelSpec kernel;
  EngineSpec engine;
  HostSpec host;
  QualitySpec quality;
  LengthSpec lengths;
  std::optional<FixedSpec> fixed;      ///< set: no scheduling model
  bool dev_mode = false;               ///< VLLM_SERVER_DEV_MODE
  bool prompt_tokens_details = false;  ///< --enable-prompt-tokens-details
  int max_logprobs = 20;               ///< --max-logprobs
  LogprobsMode logprobs = LogprobsMode::serve;
};

/// Reads a profile. Throws ScenarioError (file:line:column: key: saw …, want …) on anything
/// unknown, missing, of the wrong type or out of range.
Profile load_profile(const std::string& path);
/// The same from text; `path` is for messages.
Profile parse_profile(const std::string& text, const std::string& path);

/// What is left for KV blocks, bytes: utilization * total - weights - activation; may be negative.
double kv_pool_bytes(const Profile& profile);
/// Blocks of the pool, the null block included; 0 if the pool is negative.
std::int64_t num_gpu_blocks(const Profile& profile);
/// What nvidia-smi shows as used, MiB: budget, graphs and context, at most what the card has.
double memory_used_mib(const Profile& profile);
/// Refuses a pool that cannot hold one request of max_model_len, as vLLM does at start.
void check_memory(const Profile& profile);

}  // namespace abgate::sim
