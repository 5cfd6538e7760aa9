#!/usr/bin/env bash
# Makes this lab's evidence anew: what ps and gdb print of broken and fixed
# after three buyers came at once, and what clippy prints of broken.rs. Needs
# ps (procps), gdb and curl; read the difference, commit.
#   labs/03-lock-across-await/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/03-lock-across-await/evidence
cargo build -q -p lab-03 --bin lab-03
binary=${CARGO_TARGET_DIR:-target}/debug/lab-03
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

for version in broken fixed; do
    "$binary" serve "$version" --port 0 > "$scratch/url" &
    server=$!
    until grep -qs listening "$scratch/url"; do sleep 0.05; done
    url=$(sed -n 's/^listening on //p' "$scratch/url")
    buyers=()
    for buyer in 1 2 3; do
        curl -s -o /dev/null --max-time 60 -X POST "$url/buy" &
        buyers+=($!)
    done
    sleep 2

    {
        header "ps -L -o lwp,pcpu,wchan:20,comm -p \$(pgrep -x lab-03) | grep -E 'LWP|actix'" \
            "$(ps --version | sed 's/^ps //')" "$version"
        ps -L -o lwp,pcpu,wchan:20,comm -p "$server" | grep -E 'LWP|actix'
    } > "$out/ps-$version.txt"

    if [ "$version" = broken ]; then
        {
            header "gdb -p \$(pgrep -x lab-03) -batch -ex 'thread apply all bt' | grep -oE '^Thread.*|lab_03::broken::[a-z_]+|sync::mutex::[A-Za-z:_]+' | uniq" \
                "$(gdb --version | head -n 1)" "$version"
            gdb -p "$server" -batch -ex 'thread apply all bt' 2> "$scratch/gdb" |
                grep -oE '^Thread.*|lab_03::broken::[a-z_]+|sync::mutex::[A-Za-z:_]+' | uniq
        } > "$out/gdb-$version.txt"
    fi
    kill "${buyers[@]}" 2> /dev/null || true
    kill -9 "$server"
    wait "$server" 2> /dev/null || true
done

# The lint is expected where the lab shows the failure on purpose.
touch labs/03-lock-across-await/src/lib.rs
{
    header "cargo clippy -p lab-03 -- --force-warn clippy::await_holding_lock" \
        "$(cargo clippy --version)" broken
    cargo clippy -q -p lab-03 -- --force-warn clippy::await_holding_lock 2>&1 |
        awk 'BEGIN { RS = ""; ORS = "\n\n" } /src\/broken\.rs/'  | sed '$d'
} > "$out/clippy-broken.txt"
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
