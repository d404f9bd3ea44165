#include "observe/nvidia_smi.hpp"

#include "catch.hpp"
#include "core/error.hpp"

using namespace abgate;
using namespace abgate::observe;

TEST_CASE("nvidia-smi's CSV of an H200 under load is read with its units", "[observe]") {
  const auto gpus = parse_nvidia_smi(
      "timestamp, name, index, memory.total [MiB], memory.reserved [MiB], memory.used [MiB], "
      "memory.free [MiB], "
      "utilization.gpu [%], temperature.gpu, power.draw [W], clocks.current.sm [MHz], pstate, "
      "mig.mode.current\n"
      "2026/07/03 22:11:09.763, NVIDIA H200, 0, 143771 MiB, 614 MiB, 32362 MiB, 110796 MiB, 100 %, "
      "52, 627.40 W, 1980 MHz, P0, Disabled\n",
      "nvidia-smi");
  REQUIRE(gpus.size() == 1);
  REQUIRE(gpus[0].gpu == "0");
  REQUIRE(gpus[0].name == "NVIDIA H200");
  REQUIRE(gpus[0].memory_used_bytes.value() == 32362.0 * 1024 * 1024);
  REQUIRE(gpus[0].utilization.value() == Approx(1.0));
  REQUIRE(gpus[0].power_w.value() == 627.4);
  REQUIRE(gpus[0].sm_clock_mhz.value() == 1980.0);
}

TEST_CASE("The query's own answer on an H100 at full power is read", "[observe]") {
  // As driver 580.159.04 printed it for our query under a matrix product; the UUID is changed.
  const auto gpus = parse_nvidia_smi(
      "index, uuid, name, memory.used [MiB], memory.total [MiB], utilization.gpu [%], power.draw [W], "
      "temperature.gpu, clocks.current.sm [MHz], clocks_event_reasons.active\n"
      "0, GPU-51a0c0de-0000-4000-8000-0000000000aa, NVIDIA H100 80GB HBM3, 21237 MiB, 81559 MiB, "
      "100 %, 699.13 W, 66, 1305 MHz, 0x0000000000000004\n",
      "nvidia-smi");
  REQUIRE(gpus.size() == 1);
  REQUIRE(gpus[0].gpu == "GPU-51a0c0de-0000-4000-8000-0000000000aa");
  REQUIRE(gpus[0].memory_used_bytes.value() == 21237.0 * 1024 * 1024);
  REQUIRE(gpus[0].memory_total_bytes.value() == 81559.0 * 1024 * 1024);
  REQUIRE(gpus[0].power_w.value() == 699.13);
  REQUIRE(gpus[0].temperature_c.value() == 66);
  REQUIRE(gpus[0].throttle_reasons == "0x0000000000000004");
  // What it says to a device that is not there, and to a name of a field that it does not know.
  REQUIRE_THROWS_WITH(parse_nvidia_smi("No devices were found\n", "nvidia-smi"),
                      ContainsSubstring("nvidia-smi:1: saw No devices were found"));
  REQUIRE_THROWS_WITH(
      parse_nvidia_smi("Field \"nonsense\" is not a valid field to query.\n\n", "nvidia-smi"),
      ContainsSubstring("is not a valid field"));
}

TEST_CASE("Missing values are absent, whatever their spelling; several GPUs are told apart",
          "[observe]") {
  const auto gpus = parse_nvidia_smi(
      "gpu_uuid, memory.used [MiB], utilization.gpu [%], power.draw [W], temperature.gpu\n"
      "GPU-a, 10 MiB, [N/A], [Not Supported], N/A\nGPU-b, [Insufficient Permissions], 5 %, "
      "[Unknown Error], 40\n",
      "nvidia-smi");
  REQUIRE(gpus.size() == 2);
  REQUIRE(gpus[1].gpu == "GPU-b");
  REQUIRE_FALSE(gpus[0].utilization);
  REQUIRE_FALSE(gpus[0].power_w);
  REQUIRE_FALSE(gpus[0].temperature_c);
  REQUIRE_FALSE(gpus[1].memory_used_bytes);
}

TEST_CASE("The query asks for what the parser reads, without units too", "[observe]") {
  REQUIRE_THAT(nvidia_smi_arguments(), ContainsSubstring("memory.used"));
  REQUIRE(parse_nvidia_smi("uuid, memory.used\nGPU-a, 97164\n", "x")[0].memory_used_bytes.value() ==
          97164.0 * 1048576.0);
}

TEST_CASE("One device is asked for by index or UUID, quoted for the shell", "[observe]") {
  REQUIRE_THAT(nvidia_smi_arguments("0"), ContainsSubstring(" -i '0'"));
  REQUIRE_THAT(nvidia_smi_arguments("a'b"), ContainsSubstring(" -i 'a'\\''b'"));
  REQUIRE(nvidia_smi_arguments().find(" -i ") == std::string::npos);
  REQUIRE_THAT(nvidia_smi_arguments("", SmiNames::before_535),
               ContainsSubstring("clocks_throttle_reasons.active"));
}

TEST_CASE("Broken answers of nvidia-smi get one line", "[observe]") {
  REQUIRE_THROWS_WITH(parse_nvidia_smi("", "nvidia-smi"),
                      ContainsSubstring("nvidia-smi: saw nothing"));
  REQUIRE_THROWS_WITH(
      parse_nvidia_smi(
          "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
          "nvidia-smi"),
      ContainsSubstring("nvidia-smi:1: saw NVIDIA-SMI has failed"));
  REQUIRE_THROWS_WITH(parse_nvidia_smi("uuid, memory.used [MiB]\n", "x"),
                      ContainsSubstring("a header and no GPU"));
  REQUIRE_THROWS_WITH(parse_nvidia_smi("uuid, memory.used [MiB]\nGPU-a\n", "x"),
                      ContainsSubstring("x:2: saw 1 fields, want 2"));
  REQUIRE_THROWS_WITH(parse_nvidia_smi("uuid, memory.used [MiB]\nGPU-a, lots\n", "x"),
                      ContainsSubstring("x:2: memory.used: saw lots"));
}

TEST_CASE("the driver's version is asked for and read") {
  CHECK_THAT(nvidia_smi_arguments(), ContainsSubstring(",driver_version,"));
  const auto gpus = parse_nvidia_smi(
      "index, uuid, name, driver_version, memory.used [MiB]\n"
      "0, GPU-1, NVIDIA RTX PRO 6000, 580.95.05, 97164 MiB\n"
      "1, GPU-2, NVIDIA RTX PRO 6000, [N/A], 3 MiB\n",
      "nvidia-smi");
  CHECK(gpus.at(0).driver == "580.95.05");
  CHECK(gpus.at(1).driver.empty());
}
