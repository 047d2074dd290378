#!/bin/sh
# Finds a Python >= 3.11 and hands over to tools/setup.py, which does all set-up.
# Reads nothing from stdin and writes nothing to stdout: both belong to the program that runs next.
here=$(dirname "$0")
is_new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

for python in "$here/../.venv/bin/python" python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11
do
    if "$python" -ES -c "$is_new_enough" </dev/null >/dev/null 2>&1; then
        exec "$python" -ES "$here/setup.py" "$@" </dev/null >&2
    fi
done

echo "setup: needs Python 3.11 or newer, and found none. On Debian or Ubuntu: apt-get install python3" >&2
exit 3
