#!/usr/bin/env bash
# Makes this lab's evidence anew: what curl prints when a user who has logged
# in asks two instances in turn, and what redis-cli MONITOR prints meanwhile.
# Needs redis-server, redis-cli, python3 and curl, and the ports 3161, 3162 and
# 3163; read the difference, commit.
#   labs/16-in-memory-sessions/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/16-in-memory-sessions/evidence
cargo build -q -p lab-16 --bin lab-16
binary=${CARGO_TARGET_DIR:-target}/debug/lab-16
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

# The service as the harness starts it: its listener is its standard input.
instance() { # version port
    LABKIT_SERVE=$1 REDIS_URL=redis://127.0.0.1:3163 SESSION_KEY=$key exec python3 -c '
import os, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
os.dup2(listener.fileno(), 0)
os.execv(sys.argv[2], [sys.argv[2]])' "$2" "$binary"
}

key=$(od -An -vtx1 -N64 /dev/urandom | tr -d ' \n')
shorten='s/"([A-Za-z0-9]{6})[A-Za-z0-9]{58}"/"\1…"/'
asks='for port in 316{2,1,2,1,2,1,2,1}; do curl -s -b jar -w " %{http_code} port %{remote_port}\n" 127.0.0.1:$port/me; done'

for version in broken fixed; do
    redis-server --port 3163 --bind 127.0.0.1 --save '' --appendonly no --dir "$scratch" > "$scratch/redis.log" &
    servers=($!)
    until redis-cli -p 3163 ping > /dev/null 2>&1; do sleep 0.05; done
    redis-cli -p 3163 MONITOR > "$scratch/monitor" &
    servers+=($!)
    for port in 3161 3162; do
        instance "$version" "$port" &
        servers+=($!)
    done
    for port in 3161 3162; do
        until curl -s -o /dev/null "http://127.0.0.1:$port/ping"; do sleep 0.05; done
    done
    rm -f "$scratch/jar"
    curl -s -c "$scratch/jar" -d 'user=alice&password=apple' 127.0.0.1:3161/login
    {
        header "$asks" "$(curl -V | cut -d ' ' -f 1-2 | head -n 1)" "$version, two instances, logged in at port 3161"
        (cd "$scratch" && eval "$asks")
    } > "$out/curl-$version.txt"
    sleep 0.5
    {
        header "redis-cli MONITOR | cut -d ' ' -f 4- | sed -E '$shorten' | head" "$(redis-cli -v)" "$version, one login and eight times GET /me"
        cut -d ' ' -f 4- "$scratch/monitor" | sed -E "$shorten" | head
    } > "$out/monitor-$version.txt"
    kill "${servers[@]}"
    wait "${servers[@]}" 2> /dev/null || true
done
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
