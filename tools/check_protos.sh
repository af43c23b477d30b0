#!/usr/bin/env bash
# Lints the API, holds it against what was last released (else main), and checks that the generated code is current.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python protos/generate.py --check
python protos/generate.py --image "$folder/now.binpb"
buf lint "$folder/now.binpb" --config protos/buf.yaml

against=$(git tag --list 'v*' --sort=-version:refname | head -n 1)
if [ -z "$against" ]; then
    for branch in origin/main main; do
        if git rev-parse --verify --quiet "$branch^{commit}" >/dev/null; then
            against=$branch
            break
        fi
    done
fi
if [ -z "$against" ] || ! git cat-file -e "$against:protos/rekam/v1" 2>/dev/null; then
    echo "No release and no main to compare the API with: breaking changes were not looked for."
    exit 0
fi
mkdir "$folder/before"
git archive "$against" protos/rekam | tar -x -C "$folder/before"
python protos/generate.py --root "$folder/before/protos" --image "$folder/before.binpb"
buf breaking "$folder/now.binpb" --against "$folder/before.binpb" --config protos/buf.yaml
echo "The API breaks nothing that stands in $against."
