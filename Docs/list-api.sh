#!/usr/bin/env bash
# Writes Docs/api.txt: every public declaration of the modules that `import Satchel` brings, as an app sees it. Reads what
# `make test` built, and builds nothing. A line that goes or changes makes a new major version.
set -euo pipefail
cd "$(dirname "$0")/.."
SATCHEL_LIST_API=1 swift test --skip-build --filter 'PublicAPITests'
git diff --stat -- Docs/api.txt
