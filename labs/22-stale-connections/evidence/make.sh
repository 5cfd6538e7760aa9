#!/usr/bin/env bash
# Makes this lab's evidence anew: what curl and psql show of broken and fixed
# when the database ends the service's sessions, and what the two log. Needs
# psql and curl, and PostgreSQL as the lab finds it; read the difference, commit.
#   labs/22-stale-connections/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/22-stale-connections/evidence
cargo build -q -p lab-22 --bin lab-22
binary=${CARGO_TARGET_DIR:-target}/debug/lab-22
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT
# The lab's own, private server is what is looked at.
unset LAB_DATABASE_URL

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

# As the superuser, by the socket in the server's folder.
sql() { # statement
    psql -X -q -h "$sockets" -p "$port" -U labkit -d template1 -c "$1" | sed 's/ *$//; /^$/d'
}

service="from pg_stat_activity where usename ~ '^labkit_'"
sessions="select state, count(*) $service group by 1"
end="select pg_terminate_backend(pid, 10000) $service"
ask='for n in 1 2 3; do curl -s -o /dev/null -w "%{http_code}\n" $url/orders/max; done'

for version in broken fixed; do
    "$binary" serve "$version" --port 0 > "$scratch/url" 2> "$scratch/log" &
    server=$!
    until grep -q listening "$scratch/url"; do sleep 0.05; done
    url=$(sed -n 's/^listening on //p' "$scratch/url")
    arguments=$(ps -o args= --ppid "$server" | grep -- ' -k ')
    sockets=$(sed 's/.* -k \([^ ]*\).*/\1/' <<< "$arguments")
    port=$(sed 's/.* -p \([0-9]*\).*/\1/' <<< "$arguments")
    curl -s -o /dev/null "$url/orders/max"
    : > "$scratch/log"
    {
        header "$ask" "$(curl -V | cut -d ' ' -f 1-2 | head -n 1)" \
            "$version, after \"$end\""
        sql "$end" > /dev/null
        eval "$ask"
    } > "$out/curl-$version.txt"
    {
        header "psql -c \"$sessions\"" "$(psql --version)" "$version, after that"
        sql "$sessions"
    } > "$out/sessions-$version.txt"
    if [ -s "$scratch/log" ]; then
        {
            header "sort service.log | uniq -c" "$(sort --version | head -n 1)" "$version"
            sort "$scratch/log" | uniq -c
        } > "$out/log-$version.txt"
    fi
    kill "$server"
    wait "$server" || true
done
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
