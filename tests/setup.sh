#!/bin/sh
# Sets up what the tests need besides Rust: a Python environment with the AWS emulator, outside
# the checkout, and cache servers. Run it as often as you like; it does only what is missing.
#
#   MIDWATCH_TEST_VENV   where the Python environment is (default: ~/.cache/midwatch/venv)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
venv=${MIDWATCH_TEST_VENV:-$HOME/.cache/midwatch/venv}
requirements=$here/emulator/requirements.txt

if ! command -v python3 >/dev/null; then
    echo "python3 is missing: install Python 3.11 or newer with its venv module" >&2
    exit 1
fi
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
if ! cmp -s "$requirements" "$venv/midwatch-requirements.txt"; then
    "$venv/bin/python" -m pip install --quiet --requirement "$requirements"
    cp "$requirements" "$venv/midwatch-requirements.txt"
fi

# The tests start cache servers of their own, as programs.
missing=
need() { command -v "$1" >/dev/null || missing="$missing $2"; }
need redis-server redis-server
need redis-cli redis-tools
need memcached memcached
need openssl openssl
if [ -n "$missing" ]; then
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
    fi
    if ! command -v apt-get >/dev/null || { [ -n "$as_root" ] && ! command -v sudo >/dev/null; }; then
        echo "missing: install$missing (redis 7, memcached 1.6, openssl 3, with redis-cli)" >&2
        exit 1
    fi
    # Debian starts a service when it is installed, unless this program says no.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap '$as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
        $as_root chmod 755 "$policy"
    fi
    $as_root apt-get update --quiet
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends $missing
fi

echo "ready: $venv"
