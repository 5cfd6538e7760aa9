#!/usr/bin/env bash
# Makes this lab's evidence anew: what psql shows of the sessions of broken
# and fixed, and what the two log. Needs psql and curl, and PostgreSQL as the
# lab finds it; run it on a quiet machine, read the difference, commit.
#   labs/20-connection-per-request/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/20-connection-per-request/evidence
cargo build -q -p lab-20 --bin lab-20
binary=${CARGO_TARGET_DIR:-target}/debug/lab-20
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT
# The lab's own, private server is what is looked at.
unset LAB_DATABASE_URL

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

# As the superuser, by the socket in the server's folder. The lab's database
# is the only one of that name.
sql() { # statement...
    local words=()
    for statement in "$@"; do words+=(-c "$statement"); done
    psql -X -q -h "$sockets" -p "$port" -U labkit -d postgres "${words[@]}" |
        sed 's/ *$//; /^$/d'
}

ask() { # how many at once
    for ((n = 0; n < $1; n++)); do
        curl -s -o /dev/null -w '%{http_code}\n' "$url/price/7" &
    done | sort | uniq -c
}

activity="select usename, state, wait_event_type, count(*) from pg_stat_activity
    where usename ~ '^labkit_' group by 1, 2, 3"
sessions="select sessions from pg_stat_database where datname ~ '^labkit_'"
one_line() { tr -s ' \n' ' ' <<< "$1" | sed 's/ $//'; }
psql_version="$(psql --version)"

for version in broken fixed; do
    "$binary" serve "$version" --port 0 > "$scratch/url" 2> "$scratch/log" &
    server=$!
    until grep -q listening "$scratch/url"; do sleep 0.05; done
    url=$(sed -n 's/^listening on //p' "$scratch/url")
    arguments=$(ps -o args= --ppid "$server" | grep -- ' -k ')
    sockets=$(sed 's/.* -k \([^ ]*\).*/\1/' <<< "$arguments")
    port=$(sed 's/.* -p \([0-9]*\).*/\1/' <<< "$arguments")
    database=$(psql -X -A -t -h "$sockets" -p "$port" -U labkit -d postgres \
        -c "select datname from pg_database where datname ~ '^labkit_'")

    # One hundred requests, one after another. A session is counted once its
    # statistics are written, a second later at most.
    sleep 2
    {
        header "psql -c \"$sessions\", before and after 100 requests" "$psql_version" "$version"
        sql "$sessions"
        for ((n = 0; n < 100; n++)); do curl -s -o /dev/null "$url/price/7"; done
        sleep 2
        sql "$sessions"
    } > "$out/sessions-$version.txt"

    # Twenty at once, while the prices are locked for longer than a request
    # waits for its turn, five seconds.
    : > "$scratch/log"
    psql -X -q -h "$sockets" -p "$port" -U labkit -d "$database" \
        -c "begin; lock table prices in access exclusive mode; select pg_sleep(7); commit" > /dev/null &
    lock=$!
    sleep 1
    ask 20 > "$scratch/answers" &
    asking=$!
    sleep 2
    {
        header "psql -c \"$(one_line "$activity")\"" "$psql_version" "$version"
        sql "$activity"
    } > "$out/activity-$version.txt"
    wait "$lock" "$asking"
    cat "$scratch/answers"
    {
        header "sort service.log | uniq -c" "$(sort --version | head -n 1)" "$version"
        sort "$scratch/log" | uniq -c
    } > "$out/log-$version.txt"
    kill "$server"
    wait "$server" || true
done
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
