#!/usr/bin/env bash
# Checks the operator's page (types, lint, unit tests) and that gateway/web/page is what its sources build;
# with --write it builds the page there instead of comparing.
set -euo pipefail
cd "$(dirname "$0")/../web"

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "Node is not here: the page was not checked, and is served as it was built." >&2
    [ "${1:-}" != --write ] && exit 0
    echo "To build it, install Node 20.19 or newer: sudo apt-get install nodejs npm" >&2
    exit 1
fi

# A page whose libraries are installed as the lock says needs no network.
if ! cmp --silent package-lock.json node_modules/.installed-lock.json; then
    npm ci --silent || { echo "The page's libraries cannot be installed (npm ci); is there a network?" >&2; exit 1; }
    cp package-lock.json node_modules/.installed-lock.json
fi
npm run --silent generate
npm run --silent types
npm run --silent lint
npm run --silent test

if [ "${1:-}" = --write ]; then
    npm run --silent build
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm run --silent build -- --outDir "$folder" --logLevel warn
if ! diff --recursive --brief "$folder" ../gateway/web/page; then
    echo "gateway/web/page is not what web/ builds; run \`make web\`" >&2
    exit 1
fi
most=250000
size=$(find "$folder" -type f ! -name licenses.md -exec gzip -9 --to-stdout {} \; | wc -c)
echo "The page is current: $size bytes compressed, of $most."
[ "$size" -le "$most" ]
