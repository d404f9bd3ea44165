#!/usr/bin/env bash
# Installs what abgate needs from Debian 12's own packages. Does nothing, and needs no network, when
# everything is there. Works as root or through sudo.
set -euo pipefail

packages=(
  build-essential cmake ninja-build ccache pkg-config    # build
  libcurl4-openssl-dev libssl-dev                        # transport
  libboost-dev                                           # Asio, Beast (simulator), Math
  nlohmann-json3-dev libsimdjson-dev libyaml-cpp-dev     # JSON and YAML
  libeigen3-dev                                          # linear algebra in the statistics
  libcli11-dev libfmt-dev libspdlog-dev                  # command line, text, log
  libsqlite3-dev zlib1g-dev                              # history, raw records
  libcmark-gfm-dev libcmark-gfm-extensions-dev           # Markdown to HTML
  gnuplot-nox                                            # charts
  bubblewrap libseccomp-dev                              # execution sandbox
  catch2                                                 # tests
  openssl curl python3                                   # test certificates, scripts, executed completions
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "abgate: this script installs with apt-get, which is not here. Install the equivalents of: ${missing[*]}" >&2
  exit 69
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "abgate: need root or sudo to install: ${missing[*]}" >&2; exit 69; }
  as_root=(sudo)
fi

echo "abgate: installing ${#missing[@]} packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"${as_root[@]}" apt-get update >"$log" 2>&1 || echo "abgate: apt-get update failed; going on with the lists at hand" >&2
if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
  grep -E '^E: |Unable to locate' "$log" >&2 || tail -n 5 "$log" >&2
  echo "abgate: could not install the packages above; the build needs all of: ${missing[*]}" >&2
  exit 69
fi
