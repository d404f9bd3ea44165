"""The machine that a benchmark ran on, for its table."""
import platform


def cpu_model():
    """Cores and model, e.g. "2 x AMD EPYC"."""
    with open("/proc/cpuinfo") as info:
        names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.machine()
