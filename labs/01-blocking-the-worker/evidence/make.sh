#!/usr/bin/env bash
# Makes this lab's evidence anew: what top and perf print of broken and fixed
# while four clients open wholesalers' reports. Needs top (procps), perf and
# curl; run it on a quiet machine, read the difference, commit.
#   labs/01-blocking-the-worker/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/01-blocking-the-worker/evidence
cargo build -q -p lab-01 --bin lab-01
binary=${CARGO_TARGET_DIR:-target}/debug/lab-01
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

# Four clients, each with one report under way at any time.
clients() {
    for client in 1 2 3 4; do
        while curl -s -o /dev/null --max-time 20 "$1/report/$((2000 + client))"; do :; done &
    done
}

for version in broken fixed; do
    "$binary" serve "$version" --port 0 > "$scratch/url" &
    server=$!
    until grep -q listening "$scratch/url"; do sleep 0.05; done
    url=$(sed -n 's/^listening on //p' "$scratch/url")
    clients "$url"
    sleep 2

    # The first frame of top counts from the start of each thread: keep the second.
    {
        header "top -H -b -n 2 -d 3 -w 100 -p \$(pgrep -x lab-01)" "$(top -V | head -n 1)" "$version"
        top -H -b -n 2 -d 3 -w 100 -p "$server" |
            awk '/^top -/ { frame++ } frame == 2' | grep -E 'PID|^ *[0-9]' | sed 's/ *$//'
    } > "$out/top-$version.txt"

    perf record -q -e cpu-clock -F 199 --call-graph dwarf,16384 -o "$scratch/perf.data" -p "$server" -- sleep 3 2> /dev/null
    {
        header "perf record --call-graph dwarf -p \$(pgrep -x lab-01) -- sleep 3; perf report --children --sort comm,symbol | grep lab_01" \
            "$(perf --version)" "$version"
        perf report -i "$scratch/perf.data" --stdio --children -g none --sort comm,symbol \
            --percent-limit 5 2> /dev/null | grep lab_01 | sed 's/[- ]*$//' | cut -c1-120
    } > "$out/perf-$version.txt"
    kill "$server"
    wait "$server" || true
done
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
