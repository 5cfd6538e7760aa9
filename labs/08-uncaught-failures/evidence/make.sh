#!/usr/bin/env bash
# Makes this lab's evidence anew: what curl and the log say when an order that
# the tariff has no price for comes between two others, with broken and with
# fixed. Needs curl; read the difference, commit.
#   labs/08-uncaught-failures/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/08-uncaught-failures/evidence
cargo build -q -p lab-08 --bin lab-08
binary=${CARGO_TARGET_DIR:-target}/debug/lab-08
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

# Prints a command as it is typed, and what it answers.
typed() { # path [json]
    if [ $# -eq 1 ]; then
        echo "\$ curl \$shop$1"
        curl -sS "$url$1" 2>&1 || true
    else
        echo "\$ curl -X PUT \$shop$1 --json '$2'"
        curl -sS -X PUT "$url$1" --json "$2" 2>&1 || true
    fi
    echo
}

for version in broken fixed; do
    "$binary" serve "$version" --port 0 > "$scratch/log" 2>&1 &
    server=$!
    until grep -q listening "$scratch/log"; do sleep 0.05; done
    url=$(sed -n 's/^listening on //p' "$scratch/log")
    {
        header "curl -sS, four times" "$(curl --version | head -n 1 | cut -d' ' -f1-2)" "$version"
        typed /orders/A-1001 '{"email":"ada@example.org","country":"DE","grams":900}'
        typed /orders/A-1002 '{"email":"bob@example.org","country":"DE","grams":40000}'
        typed /orders/A-1003 '{"email":"cyd@example.org","country":"DE","grams":900}'
        typed /ping
    } | cat -s > "$out/curl-$version.txt"
    {
        header "grep -A 1 -e panicked -e ERROR shop.log" "$(grep --version | head -n 1)" "$version"
        # Without the time, and the thread's number.
        grep -A 1 -e panicked -e ERROR "$scratch/log" |
            sed -E 's/^[0-9T:.-]+Z +//; s/ \([0-9]+\) panicked/ panicked/' | grep -v -e '^--$' -e '^note:'
    } > "$out/log-$version.txt"
    kill "$server"
    wait "$server" || true
done
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
