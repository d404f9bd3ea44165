#!/usr/bin/env bash
# Writes the output of `abgate --help` and `abgate compare --help` into README.md. Usage: update-readme.sh ABGATE [--check]
set -euo pipefail
abgate=$(realpath "$1")
cd "$(dirname "$0")/.."
new=$(mktemp)
trap 'rm -f "$new"' EXIT
{
  sed '/<!-- help:begin -->/q' README.md
  for command in "" compare; do
    printf '```text\n$ abgate %s--help\n' "${command:+$command }"
    "$abgate" $command --help | sed 's/ *$//'
    printf '```\n'
  done
  sed -n '/<!-- help:end -->/,$p' README.md
} >"$new"
if [ "${2:-}" = --check ]; then
  diff -u README.md "$new" || { echo "README.md is not current; run tools/update-readme.sh ABGATE" >&2; exit 1; }
else
  cp "$new" README.md
fi
