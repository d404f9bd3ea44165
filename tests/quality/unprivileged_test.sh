#!/usr/bin/env bash
# The hostile programs once more, started by a user without rights: each sandbox tier that works for that
# user must contain the same. As root the tests of the room have run as root; here they run as nobody.
set -uo pipefail
skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "not root, so the tests of the room ran without rights already"
command -v setpriv >/dev/null || skip "setpriv (util-linux) is not installed"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cp "${TEST:?set by ctest}" "$work/test" && chown -R 65534:65534 "$work" || exit 1
chmod 755 "$work"
nobody() { (cd "$work" && HOME=$work TMPDIR=$work setpriv --reuid 65534 --regid 65534 --clear-groups "$@"); }
[ "$(nobody id -u 2>/dev/null)" = 65534 ] || skip "setpriv cannot change the user here"
nobody ./test --help >/dev/null 2>&1 || skip "that user cannot run programs in $work"
nobody ./test "[hostile],[sandbox],[control]"
