#!/usr/bin/env bash
# Makes this lab's evidence anew: what curl gets of broken and fixed, and what
# the two log of it. Needs curl, and sqlite3; run it on a
# quiet machine, read the difference, commit.
#   labs/07-error-path/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/07-error-path/evidence
cargo build -q -p lab-07 --bin lab-07
binary=${CARGO_TARGET_DIR:-target}/debug/lab-07
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

token='Authorization: Bearer maple-4711'
ada='{"number": 1, "email": "ada@example.org"}'
rename='alter table orders rename to receipts'

# An answer as curl prints it, with an empty line after a body that ends without one.
ask() { curl -si "$@" | tr -d '\r'; echo; }

for version in broken fixed; do
    TMPDIR=$scratch "$binary" serve "$version" --port 0 > "$scratch/out" 2>&1 &
    server=$!
    until grep -q listening "$scratch/out"; do sleep 0.05; done
    url=$(sed -n 's/^listening on //p' "$scratch/out")
    curl -s -o /dev/null -H "$token" --json "$ada" "$url/customers"
    # A migration that has run too early. The service works in a folder of its own.
    sqlite3 "$scratch"/labkit-"$server"-*/customers.db "$rename"

    {
        header "curl -si \$url/customers/1; curl -si -H \"\$token\" \$url/customers/1/orders" \
            "$(curl --version | cut -d' ' -f1-2 | head -n 1)" "$version"
        ask "$url/customers/1"
        ask -H "$token" "$url/customers/1/orders"
    } > "$out/curl-$version.txt"
    {
        header "grep lab_07 service.log | cut -c29-" \
            "$(grep --version | head -n 1)" "$version"
        for path in 1 404; do curl -s -o /dev/null -H "$token" "$url/customers/$path"; done
        curl -s -o /dev/null -H "$token" --json "$ada" "$url/customers"
        sleep 0.2
        # Without the time.
        grep lab_07 "$scratch/out" | cut -c29-
    } > "$out/log-$version.txt"
    kill "$server"
    wait "$server" || true
done
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
