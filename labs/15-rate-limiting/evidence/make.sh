#!/usr/bin/env bash
# Makes this lab's evidence anew: what curl prints when one client tries twelve
# passwords with twelve forged addresses on two instances in turn, and what
# redis-cli prints of the keys afterwards.
# Needs redis-server, redis-cli, python3 and curl, and the ports 3151, 3152 and
# 3153; read the difference, commit.
#   labs/15-rate-limiting/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/15-rate-limiting/evidence
cargo build -q -p lab-15 --bin lab-15
binary=${CARGO_TARGET_DIR:-target}/debug/lab-15
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

# The service as the harness starts it: its listener is its standard input.
# curl plays the proxy, so 127.0.0.1 is one.
instance() { # version port
    LABKIT_SERVE=$1 REDIS_URL=redis://127.0.0.1:3153 TRUSTED_PROXIES=127.0.0.1 exec python3 -c '
import os, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
os.dup2(listener.fileno(), 0)
os.execv(sys.argv[2], [sys.argv[2]])' "$2" "$binary"
}

guess='for n in $(seq 12); do curl -s -o /dev/null -w "%{http_code} " -H "X-Forwarded-For: 203.0.113.$n, 198.51.100.66" -d "user=user$n&password=123456" 127.0.0.1:$((3151 + n % 2))/login; done'
keys='for key in $(redis-cli -p 3153 --scan --pattern "login:client:*"); do echo $key $(redis-cli -p 3153 TTL $key); done | sort | head -n 4'
refused='curl -si -H "X-Forwarded-For: 198.51.100.66" -d "user=user13&password=123456" 127.0.0.1:3151/login | tr -d "\r" | grep -vi ^date'
curl_tool=$(curl -V | cut -d ' ' -f 1-2 | head -n 1)

for version in broken leftmost_address fixed; do
    redis-server --port 3153 --bind 127.0.0.1 --save '' --appendonly no --dir "$scratch" > "$scratch/redis.log" &
    servers=($!)
    until redis-cli -p 3153 ping > /dev/null 2>&1; do sleep 0.05; done
    for port in 3151 3152; do
        instance "$version" "$port" > "$scratch/$port.log" 2>&1 &
        servers+=($!)
    done
    for port in 3151 3152; do
        until curl -s -o /dev/null "http://127.0.0.1:$port/ping"; do sleep 0.05; done
    done
    {
        header "$guess" "$curl_tool" "$version, two instances, curl plays the proxy"
        eval "$guess"
        echo
    } > "$out/curl-$version.txt"
    if [ "$version" != broken ]; then
        {
            header "$keys" "$(redis-cli -v)" "$version, after twelve attempts by one client"
            eval "$keys"
        } > "$out/keys-$version.txt"
    fi
    if [ "$version" = fixed ]; then
        {
            header "$refused" "$curl_tool" "$version, another attempt by the same client"
            eval "$refused"
            echo
        } > "$out/refused-fixed.txt"
    fi
    kill "${servers[@]}"
    wait "${servers[@]}" 2> /dev/null || true
done
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
