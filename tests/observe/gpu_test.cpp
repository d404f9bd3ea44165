#include "observe/gpu.hpp"

#include "catch.hpp"
#include "core/error.hpp"

using namespace abgate;
using namespace abgate::observe;

namespace {

constexpr double kMiB = 1048576.0;

std::string smi_refusal(const std::string& text) {
  try {
    parse_nvidia_smi(text, "nvidia-smi");
  } catch (const DataError& e) {
    return e.what();
  }
  return "accepted";
}

const char* const kH200 =
    "timestamp, name, index, memory.total [MiB], memory.reserved [MiB], memory.used [MiB], "
    "memory.free [MiB], "
    "utilization.gpu [%], utilization.memory [%], temperature.gpu, temperature.memory, power.draw "
    "[W], "
    "power.draw.instant [W], clocks.current.sm [MHz], pstate, mig.mode.current\n"
    "2026/07/03 22:11:09.763, NVIDIA H200, 0, 143771 MiB, 614 MiB, 32362 MiB, 110796 MiB, 100 %, 7 "
    "%, 52, 40, 627.40 W, "
    "626.26 W, 1980 MHz, P0, Disabled\n";

const char* const kDcgm =
    "# TYPE DCGM_FI_DEV_FB_USED gauge\n"
    "DCGM_FI_DEV_FB_USED{gpu=\"0\",UUID=\"GPU-a\",modelName=\"RTX PRO 6000\",Hostname=\"h\"} "
    "97164\n"
    "DCGM_FI_DEV_FB_USED{gpu=\"1\",UUID=\"GPU-b\",modelName=\"RTX PRO 6000\",Hostname=\"h\"} 1000\n"
    "DCGM_FI_DEV_FB_FREE{gpu=\"0\",UUID=\"GPU-a\"} "
    "100\nDCGM_FI_DEV_FB_RESERVED{gpu=\"0\",UUID=\"GPU-a\"} 623\n"
    "DCGM_FI_DEV_GPU_UTIL{gpu=\"0\",UUID=\"GPU-a\"} "
    "97\nDCGM_FI_DEV_POWER_USAGE{gpu=\"0\",UUID=\"GPU-a\"} 412.5\n"
    "DCGM_FI_DEV_GPU_TEMP{gpu=\"0\",UUID=\"GPU-a\"} "
    "61\nDCGM_FI_DEV_SM_CLOCK{gpu=\"0\",UUID=\"GPU-a\"} 9223372036854775794\n"
    "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS{gpu=\"0\",UUID=\"GPU-a\"} 4\n";

}  // namespace

TEST_CASE("A row of nvidia-smi is read by the names in its header", "[observe]") {
  const auto gpus = parse_nvidia_smi(kH200, "nvidia-smi");
  REQUIRE(gpus.size() == 1);
  const GpuSample& gpu = gpus[0];
  REQUIRE(gpu.name == "NVIDIA H200");
  REQUIRE(gpu.gpu == "0");
  REQUIRE(gpu.memory_used_bytes == 32362 * kMiB);
  REQUIRE(gpu.memory_total_bytes == 143771 * kMiB);
  REQUIRE(gpu.utilization == 1.0);
  REQUIRE((gpu.power_w == 627.40 && gpu.temperature_c == 52.0 && gpu.sm_clock_mhz == 1980.0));
  REQUIRE(gpu.throttle_reasons.empty());
}

TEST_CASE("Units may stand in the header alone, names may be old, columns in any order",
          "[observe]") {
  const auto gpus = parse_nvidia_smi(
      "clocks_throttle_reasons.active, memory.used [MiB], gpu_uuid, clocks.sm [MHz], index\r\n"
      "0x0000000000000004, 97164, GPU-a, 2422, 0\r\n0x0000000000000000, 3, GPU-b, 180, 1\r\n",
      "nvidia-smi");
  REQUIRE(gpus.size() == 2);
  REQUIRE((gpus[0].gpu == "GPU-a" && gpus[1].gpu == "GPU-b"));
  REQUIRE(gpus[0].memory_used_bytes == 97164 * kMiB);
  REQUIRE(gpus[0].sm_clock_mhz == 2422.0);
  REQUIRE(gpus[0].throttle_reasons == "0x0000000000000004");
}

TEST_CASE("Every way of nvidia-smi to say that there is no value is an absent value", "[observe]") {
  for (const char* form : {"[N/A]", "N/A", "[n/a]", "[Not Supported]", "[Insufficient Permissions]",
                           "[Unknown Error]", ""}) {
    INFO(form);
    const auto gpus =
        parse_nvidia_smi(std::string("memory.used [MiB], utilization.gpu [%], name\n") + form +
                             ", " + form + ", " + form + "\n",
                         "s");
    REQUIRE_FALSE(gpus.at(0).memory_used_bytes);
    REQUIRE_FALSE(gpus.at(0).utilization);
    REQUIRE(gpus.at(0).name.empty());
  }
}

TEST_CASE("Broken nvidia-smi output is refused with row and field", "[observe]") {
  REQUIRE_THAT(smi_refusal(""), ContainsSubstring("an empty text"));
  REQUIRE_THAT(smi_refusal("No devices were found\n"),
               ContainsSubstring("nvidia-smi:1: saw No devices were found, want the header"));
  REQUIRE_THAT(smi_refusal("<html>"), ContainsSubstring("HTML"));
  REQUIRE_THAT(smi_refusal("memory.used [MiB]\n"), ContainsSubstring("a header and no GPU"));
  REQUIRE(smi_refusal("index, memory.used [MiB]\n0\n") ==
          "nvidia-smi:2: saw 1 fields: 0, want 2 as in the header");
  REQUIRE(smi_refusal("index, memory.used [MiB]\n0, many MiB\n") ==
          "nvidia-smi:2:2: memory.used: saw many MiB, want a number, or [N/A]");
  REQUIRE_THAT(smi_refusal("index, memory.used [MiB]\n0, 12 Mib\n"),
               ContainsSubstring("saw Mib, want a unit of nvidia-smi"));
  REQUIRE_THAT(smi_refusal("index, memory.used [MiB]\n0, 3236"), ContainsSubstring("accepted"));
}

TEST_CASE("The query asks for what the parser reads, of one device or all", "[observe]") {
  const auto all = nvidia_smi_arguments("");
  REQUIRE(all.size() == 2);
  REQUIRE_THAT(all[0], ContainsSubstring("memory.used,memory.total"));
  REQUIRE_THAT(all[0], ContainsSubstring("clocks_event_reasons.active"));
  REQUIRE(all[1] == "--format=csv");
  const auto one = nvidia_smi_arguments("GPU-a", SmiNames::before_535);
  REQUIRE(std::vector<std::string>(one.end() - 2, one.end()) ==
          std::vector<std::string>{"-i", "GPU-a"});
  REQUIRE_THAT(one[0], ContainsSubstring("clocks_throttle_reasons.active"));
}

TEST_CASE("A DCGM exporter's text gives one sample per GPU, unsupported fields absent",
          "[observe]") {
  const auto gpus = read_dcgm(parse_prometheus(kDcgm, "dcgm"), "", "dcgm");
  REQUIRE(gpus.size() == 2);
  const GpuSample& gpu = gpus[0];
  REQUIRE((gpu.gpu == "GPU-a" && gpu.name == "RTX PRO 6000"));
  REQUIRE(gpu.memory_used_bytes == 97164 * kMiB);
  REQUIRE(gpu.memory_total_bytes == (97164 + 100 + 623) * kMiB);
  REQUIRE(*gpu.utilization == Approx(0.97));
  REQUIRE((gpu.power_w == 412.5 && gpu.temperature_c == 61.0));
  REQUIRE_FALSE(gpu.sm_clock_mhz);
  REQUIRE(gpu.throttle_reasons == "0x0000000000000004");
  REQUIRE(gpus[1].memory_used_bytes == 1000 * kMiB);
  REQUIRE_FALSE(gpus[1].memory_total_bytes);
}

TEST_CASE("One GPU of an exporter is chosen by index or UUID; one it does not know is refused",
          "[observe]") {
  const auto m = parse_prometheus(kDcgm, "dcgm");
  REQUIRE(read_dcgm(m, "1", "dcgm").at(0).gpu == "GPU-b");
  REQUIRE(read_dcgm(m, "GPU-a", "dcgm").at(0).gpu == "GPU-a");
  REQUIRE_THROWS_WITH(read_dcgm(m, "7", "dcgm"),
                      "dcgm: gpu.device: saw 7, want a GPU that the exporter knows");
  REQUIRE_THROWS_WITH(read_dcgm(parse_prometheus("a 1\n", "dcgm"), "", "dcgm"),
                      "dcgm: saw no DCGM_FI_DEV_FB_USED, want the text of a DCGM exporter");
}

TEST_CASE("MIG instances of one GPU stay apart", "[observe]") {
  const auto gpus = read_dcgm(
      parse_prometheus("DCGM_FI_DEV_FB_USED{gpu=\"0\",UUID=\"GPU-a\",GPU_I_ID=\"1\"} 10\n"
                       "DCGM_FI_DEV_FB_USED{gpu=\"0\",UUID=\"GPU-a\",GPU_I_ID=\"2\"} 20\n",
                       "d"),
      "", "d");
  REQUIRE(gpus.size() == 2);
  REQUIRE(gpus[0].memory_used_bytes == 10 * kMiB);
  REQUIRE(gpus[1].memory_used_bytes == 20 * kMiB);
  REQUIRE(gpus[0].gpu != gpus[1].gpu);
}
