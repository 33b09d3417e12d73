#!/bin/sh
# Sets up what the tests need besides Rust: a Python environment with the AWS emulator, outside
# the checkout. Run it as often as you like; it does only what is missing.
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

echo "ready: $venv"
