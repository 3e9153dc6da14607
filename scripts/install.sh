#!/bin/sh
# Installs what a fresh Debian or Ubuntu machine lacks, and only that.
#
#   scripts/install.sh [build|test|run|bench]...      (unsaid: build)
#
# Silent when everything is there (one query of dpkg). Exit 3, with the exact line to run, where this
# user may not install; exit 1 where installing failed.
set -eu
export LC_ALL=C

build_packages="libcmark-gfm-dev libcmark-gfm-extensions-dev libsimdjson-dev libsqlite3-dev libutf8proc-dev libvectorscan-dev libyaml-dev pkg-config"
python_packages="python3-venv"
bench_packages="nginx-light wrk"

say() { printf '%s\n' "$*" >&2; }

# A Python that is not Debian's brings venv and ensurepip of its own.
python_makes_environments() { python3 -c 'import ensurepip, venv' 2>/dev/null; }

packages=""
[ $# -gt 0 ] || set -- build
for purpose in "$@"; do
    case "$purpose" in
    build) packages="$packages $build_packages" ;;
    test | run) packages="$packages $build_packages $python_packages" ;;
    bench) packages="$packages $build_packages $python_packages $bench_packages" ;;
    *)
        say "usage: scripts/install.sh [build|test|run|bench]..."
        exit 2
        ;;
    esac
done

if ! command -v swift >/dev/null 2>&1; then
    say "Charter needs Swift 6.2 or later on the PATH: https://www.swift.org/install/linux/"
    exit 3
fi
if ! command -v dpkg-query >/dev/null 2>&1; then
    say "This is no Debian or Ubuntu. Charter needs these libraries, with their headers:"
    say "  cmark-gfm (and its extensions), simdjson, SQLite, utf8proc, vectorscan, libyaml; and pkg-config, Python 3.10 with venv"
    pkg-config --exists simdjson sqlite3 libutf8proc libhs libcmark-gfm yaml-0.1 2>/dev/null || exit 3
    exit 0
fi

missing() {
    # shellcheck disable=SC2086 # the list is meant to be split
    installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package} ' $packages 2>/dev/null || true)
    for package in $packages; do
        case " $installed" in
        *"ii $package "*) ;;
        *) printf '%s\n' "$package" ;;
        esac
    done | sort -u | tr '\n' ' '
}

lacking=$(missing)
case " $lacking" in
*" python3-venv "*)
    if python_makes_environments; then
        lacking=$(printf '%s' "$lacking" | tr ' ' '\n' | grep -vx python3-venv | tr '\n' ' ')
    fi
    ;;
esac
lacking=$(printf '%s' "$lacking" | sed 's/ *$//')
[ -n "$lacking" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
    as_root="sudo"
    # Without a terminal nobody can type a password.
    if ! command -v sudo >/dev/null 2>&1 || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
        say "Charter needs Debian packages that this user may not install. Run this as root, then try again:"
        say "  apt-get update && apt-get install -y --no-install-recommends $lacking"
        exit 3
    fi
fi

say "Installing: $lacking"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_lacking() {
    # shellcheck disable=SC2086 # the list is meant to be split
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q \
        --no-install-recommends $lacking >>"$log" 2>&1
}
# The package lists of a fresh machine are empty or old; where they are good, no update is needed.
if ! install_lacking; then
    $as_root apt-get -o DPkg::Lock::Timeout=300 update -q >>"$log" 2>&1 || true
    if ! install_lacking; then
        cat "$log" >&2
        say "Installing failed; what apt-get said stands above."
        exit 1
    fi
fi
