#!/usr/bin/env bash
# Makes this lab's evidence anew: what Chromium sends from the attacker's page,
# and what comes of it. Needs Chromium, node, python3, `npm ci --prefix
# tests/browser`, and the ports 3101 and 3102; read the difference, commit.
#   labs/10-cross-site-request-forgery/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
lab=labs/10-cross-site-request-forgery
cargo build -q -p lab-10 --bin lab-10
binary=${CARGO_TARGET_DIR:-target}/debug/lab-10
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

python3 -m http.server 3102 --bind 127.0.0.1 --directory "$lab/attacker" > /dev/null 2>&1 &
for version in broken fixed; do
    "$binary" serve "$version" --port 3101 > /dev/null &
    server=$!
    until curl -s -o /dev/null http://127.0.0.1:3101/; do sleep 0.05; done
    {
        header 'node attack.mjs http://127.0.0.1:3101 3102' "$(chromium --version 2> /dev/null | cut -d ' ' -f 1-2)" "$version"
        node "$lab/evidence/attack.mjs" http://127.0.0.1:3101 3102
    } > "$lab/evidence/chromium-$version.txt"
    kill "$server"
    wait "$server" 2> /dev/null || true
done
echo "made: $(ls "$lab"/evidence/*.txt | tr '\n' ' ')"
