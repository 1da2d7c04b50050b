#!/bin/bash
# On every worker: codemix at the commit @{commit}, with the versions of its lock. Given again, it does
# nothing but the first lines.
set -euo pipefail
@{setup}
folder=$HOME/codemix
if [ "$(cat "$folder/.installed" 2> /dev/null)" != @{commit} ]; then
    rm -rf "$folder"
    mkdir "$folder"
    tar --extract --gzip --file "$HOME/@{archive}" --directory "$folder"
    cd "$folder"
    python3 -m pip install --quiet --user uv
    python3 -m uv venv --quiet --python 3.11 .venv
    python3 -m uv pip install --quiet --python .venv --constraint requirements.lock --editable '.[@{extras}]'
    echo @{commit} > .installed
fi
