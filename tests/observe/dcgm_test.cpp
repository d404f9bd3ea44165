#include "observe/dcgm.hpp"

#include "catch.hpp"

using namespace abgate;
using namespace abgate::observe;

TEST_CASE("A DCGM exporter's text gives memory in bytes and the total of its parts", "[observe]") {
  const auto gpus = read_gpu_samples(
      parse_prometheus("DCGM_FI_DEV_FB_USED{gpu=\"0\",UUID=\"GPU-1\",modelName=\"RTX\","
                       "DCGM_FI_DRIVER_VERSION=\"580.95\"} "
                       "1000\nDCGM_FI_DEV_FB_FREE{gpu=\"0\",UUID=\"GPU-1\"} 3000\n"
                       "DCGM_FI_DEV_FB_RESERVED{gpu=\"0\",UUID=\"GPU-1\"} "
                       "96\nDCGM_FI_DEV_GPU_UTIL{gpu=\"0\",UUID=\"GPU-1\"} 97\n"
                       "DCGM_FI_DEV_POWER_USAGE{gpu=\"0\",UUID=\"GPU-1\"} 9223372036854775794\n",
                       "m"));
  REQUIRE(gpus.size() == 1);
  REQUIRE(gpus[0].gpu == "GPU-1");
  REQUIRE(gpus[0].name == "RTX");
  REQUIRE(gpus[0].driver == "580.95");
  REQUIRE(gpus[0].memory_used_bytes.value() == 1000.0 * 1048576);
  REQUIRE(gpus[0].memory_total_bytes.value() == 4096.0 * 1048576);
  REQUIRE(gpus[0].utilization.value() == Approx(0.97));
  REQUIRE_FALSE(gpus[0].power_w);
}

TEST_CASE("nvidia_gpu_exporter is read too, other texts give no GPU", "[observe]") {
  const auto gpus =
      read_gpu_samples(parse_prometheus("nvidia_smi_memory_used_bytes{uuid=\"a\"} "
                                        "5e+09\nnvidia_smi_memory_total_bytes{uuid=\"a\"} 8e+09\n",
                                        "m"));
  REQUIRE(gpus.size() == 1);
  REQUIRE(gpus[0].memory_used_bytes.value() == 5e9);
  REQUIRE(read_gpu_samples(parse_prometheus("up 1\n", "m")).empty());
}

TEST_CASE("One GPU of an exporter is chosen by its index or its UUID", "[observe]") {
  const auto text = parse_prometheus(
      "DCGM_FI_DEV_FB_USED{gpu=\"0\",UUID=\"GPU-1\"} "
      "1\nDCGM_FI_DEV_FB_USED{gpu=\"1\",UUID=\"GPU-2\"} 2\n",
      "m");
  REQUIRE(read_gpu_samples(text).size() == 2);
  REQUIRE(read_gpu_samples(text, "1").at(0).gpu == "GPU-2");
  REQUIRE(read_gpu_samples(text, "GPU-1").at(0).gpu == "GPU-1");
  REQUIRE(read_gpu_samples(text, "7").empty());
  REQUIRE_FALSE(read_gpu_samples(text, "1").at(0).memory_total_bytes);
}

TEST_CASE("MIG instances of one GPU stay apart", "[observe]") {
  const auto gpus = read_gpu_samples(
      parse_prometheus("DCGM_FI_DEV_FB_USED{gpu=\"0\",UUID=\"GPU-1\",GPU_I_ID=\"1\"} 1\n"
                       "DCGM_FI_DEV_FB_USED{gpu=\"0\",UUID=\"GPU-1\",GPU_I_ID=\"2\"} 2\n",
                       "m"));
  REQUIRE(gpus.size() == 2);
  REQUIRE(gpus[0].gpu != gpus[1].gpu);
}
