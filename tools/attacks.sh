#!/bin/sh
# Carries out every attack on the sandbox and prints a table: as whoever starts it and, when that is
# root, a second time as an ordinary user. Fails when an attack gets through, or has no test.
# Arguments go to pytest.
cd "$(dirname "$0")/.." || exit 3
python=.venv/bin/python
set -- -m pytest tests/e2e/attacks tests/integration/infrastructure/sandbox/packages -p tests.support.attacks -m '' -p no:cacheprovider \
    --numprocesses 2 --dist worksteal "$@"

"$python" "$@"
status=$?
if [ "$(id -u)" -eq 0 ]; then
    "$python" tools/ordinary_user.py "$python" "$@" || status=$?
fi
exit "$status"
