#!/usr/bin/env bash
# Makes this lab's evidence anew: what curl prints of a ticket and of a search.
# Needs curl and port 3091; read the difference, commit.
#   labs/09-cross-site-scripting/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/09-cross-site-scripting/evidence
cargo build -q -p lab-09 --bin lab-09 --features serve
binary=${CARGO_TARGET_DIR:-target}/debug/lab-09
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

search='curl -sD- "127.0.0.1:3091/search?q=%3Cscript%3Ealert(1)%3C/script%3E"'
ticket='curl -s 127.0.0.1:3091/tickets/1 | grep -E "name|label|site"'
for version in broken fixed; do
    "$binary" serve "$version" --port 3091 > /dev/null &
    server=$!
    until curl -s -o /dev/null http://127.0.0.1:3091/; do sleep 0.05; done
    curl -s -o /dev/null --data-urlencode 'name=<img src=x onerror=alert(1)>' \
        --data-urlencode 'label=x onmouseover=alert(1)' \
        --data-urlencode 'site=javascript:alert(1)' -d 'text=hello' \
        http://127.0.0.1:3091/tickets
    tool=$(curl -V | cut -d ' ' -f 1-2 | head -n 1)
    {
        header "$ticket" "$tool" "$version"
        eval "$ticket"
    } > "$out/ticket-$version.txt"
    {
        header "$search" "$tool" "$version"
        eval "$search" | tr -d '\r' | grep -v '^date:'
        echo
    } > "$out/search-$version.txt"
    kill "$server"
    wait "$server" 2> /dev/null || true
done
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
