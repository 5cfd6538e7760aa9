#!/usr/bin/env bash
# Makes this lab's evidence anew: one incident, seen with curl from outside,
# with /metrics from inside, with perf, and in the log. Needs curl, perf,
# stress-ng and python3; run it on a quiet machine, read the difference, commit.
#   labs/04-blind-latency/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/04-blind-latency/evidence
cargo build -q -p lab-04 --bin lab-04
binary=$(realpath "${CARGO_TARGET_DIR:-target}/debug/lab-04")
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}
curl_version="$(curl --version | cut -d ' ' -f 1-2 | head -n 1)"

start() { # version
    "$binary" serve "$1" --port 0 > "$scratch/url" 2> /dev/null &
    server=$!
    until grep -q listening "$scratch/url"; do sleep 0.05; done
    url=$(sed -n 's/^listening on //p' "$scratch/url")
}

stop() {
    kill "$server" "${reader:-$server}" 2> /dev/null || true
    wait "$server" "${reader:-$server}" 2> /dev/null || true
    reader=
}

# A customer who opens one report after the other.
read_reports() {
    while curl -s -o /dev/null --max-time 20 "$url/report/2000"; do sleep 0.2; done &
    reader=$!
}

# Two hundred visitors, one after another, each on a connection of its own.
visit() {
    for ((n = 0; n < 200; n++)); do
        curl -s -o /dev/null -w '%{time_connect} %{time_starttransfer}\n' "$url/ping"
    done
}

# Median, 99th percentile and worst of both columns.
percentiles() {
    for column in 1 2; do
        cut -d ' ' -f $column "$1" | sort -n |
            awk -v name="$(sed -n ${column}p <<< $'time_connect\ntime_starttransfer')" '
                { v[NR] = $1 }
                END { printf "%-19s p50 %.4f  p99 %.4f  max %.4f\n",
                      name, v[int((NR + 1) / 2)], v[int(NR * 0.99)], v[NR] }'
    done
}

scrape() { curl -s "$url/metrics" > "$scratch/metrics"; }
show() { grep -E "$1" "$scratch/metrics"; }

for version in broken fixed; do
    start "$version"
    read_reports
    visit > "$scratch/times"
    scrape
    if [ "$version" = broken ]; then
        {
            header "for n in \$(seq 200); do curl -w '%{time_connect} %{time_starttransfer}\\n' …/ping; done, percentiles of it" \
                "$curl_version" "$version"
            percentiles "$scratch/times"
        } > "$out/outside-$version.txt"
        {
            header "curl -s …/metrics | grep 'duration_seconds_bucket.*\"/ping\"'" "$curl_version" "$version"
            show 'duration_seconds_bucket.*"/ping"' | head -n 8
            show 'duration_seconds_bucket.*Inf.*"/ping"'
        } > "$out/inside-$version.txt"
    else
        {
            header "curl -s …/metrics | grep -E 'worker_lag|http_request_busy'" "$curl_version" "$version"
            show 'worker_lag_seconds_bucket\{le="(0.025|0.05|0.1|0.25|0.5|\+Inf)"'
            show 'busy_seconds_bucket\{le="(0.01|0.1|\+Inf)".*"/(ping|report.*)"' | sort -t '"' -k 4,4
        } > "$out/metrics-fixed.txt"
    fi
    stop
done

# The same under another load: four programs that want both cores. Somebody
# also asks for stock, so that there is a victim.
start fixed
stress-ng --cpu 4 --timeout 300 > /dev/null 2>&1 &
stress=$!
read_reports
visit > "$scratch/times"
for ((n = 0; n < 100; n++)); do curl -s -o /dev/null "$url/stock/teapot"; done
scrape
kill "$stress" 2> /dev/null || true
{
    header "stress-ng --cpu 4 & …; curl -s …/metrics | grep -E 'duration|busy'" \
        "$(stress-ng --version | cut -d ' ' -f 1-3), $curl_version" fixed
    show '_(duration|busy)_seconds_bucket\{le="(0.01|0.1|\+Inf)".*"/(ping|stock.*|report.*)"' |
        sed 's/^http_request_//' | sort -t '"' -k 4,4 -k 1,1
} > "$out/stressed-fixed.txt"
stop

# Who computes? The profile needs no change to the service.
start broken
read_reports
perf record -q -e cpu-clock -F 199 --call-graph dwarf,16384 -o "$scratch/perf.data" -p "$server" -- sleep 5 2> /dev/null
{
    header "perf record --call-graph dwarf -p \$(pgrep -x lab-04) -- sleep 5; perf report --children --sort comm,symbol | grep lab_04" \
        "$(perf --version)" broken
    perf report -i "$scratch/perf.data" --stdio --children -g none --sort comm,symbol \
        --percent-limit 5 2> /dev/null | grep lab_04 | sed 's/[- ]*$//' | cut -c1-100
} > "$out/perf-broken.txt"
stop

# A supplier who takes half a second, and three visitors who ask meanwhile.
for version in broken fixed; do
    python3 - "$binary" "$version" > "$scratch/log" << 'PY'
import http.server, json, os, socket, subprocess, sys, tempfile, threading, time, urllib.request

class Supplier(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.5)
        body = json.dumps({"pieces": 12, "depot": "Lisbon"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

supplier = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Supplier)
threading.Thread(target=supplier.serve_forever, daemon=True).start()
listener = socket.create_server(("127.0.0.1", 0), backlog=128)
environment = dict(
    os.environ,
    LABKIT_SERVE=sys.argv[2],
    UPSTREAM_URL=f"http://127.0.0.1:{supplier.server_port}",
    DATABASE_URL=os.path.join(tempfile.mkdtemp(), "catalogue.db"),
)
service = subprocess.Popen([sys.argv[1]], env=environment, stdin=listener)

def ask(request, item):
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/stock/{item}"
    urllib.request.urlopen(urllib.request.Request(url, headers={"x-request-id": request})).read()

asked = [("ada", "teapot"), ("bob", "kettle"), ("cyd", "ladle")]
threads = [threading.Thread(target=ask, args=one) for one in asked]
for thread in threads:
    thread.start()
    time.sleep(0.1)
for thread in threads:
    thread.join()
service.terminate()
service.wait()
PY
    {
        header "grep 'the supplier' service.log | cut -c 35-" "$(grep --version | head -n 1)" "$version"
        grep 'the supplier' "$scratch/log" | cut -c 35- | sed 's/ stock\.pieces.*//'
    } > "$out/log-$version.txt"
done
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
