#!/usr/bin/env bash
# Makes this lab's evidence anew: what curl prints for a cookie that was taken
# before a login, what redis-cli sees of the ids, what a start without a key
# prints, and what Chromium keeps on 127.0.0.1. Needs redis-server, redis-cli,
# python3, curl and chromium, and the ports 3171 and 3173; read the difference,
# commit.
#   labs/17-session-cookie/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/17-session-cookie/evidence
cargo build -q -p lab-17 --bin lab-17
binary=${CARGO_TARGET_DIR:-target}/debug/lab-17
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

# The service as the harness starts it: its listener is its standard input.
service() { # version key
    LABKIT_SERVE=$1 REDIS_URL=redis://127.0.0.1:3173 SESSION_KEY=$2 exec python3 -c '
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 3171), backlog=128)
os.dup2(listener.fileno(), 0)
os.execv(sys.argv[1], [sys.argv[1]])' "$binary"
}

key=$(od -An -vtx1 -N64 /dev/urandom | tr -d ' \n')
curl_version=$(curl -V | cut -d ' ' -f 1-2 | head -n 1)
shop=127.0.0.1:3171
fill="curl -s -c planted -d item=tea $shop/basket"
login="curl -s -b planted -c own -d 'user=alice&password=apple' $shop/login"
asks="for jar in planted own; do curl -s -b \$jar -w \" %{http_code} with the \$jar cookie\\n\" $shop/me; done"
cookie="curl -si -d item=tea $shop/basket | grep -i set-cookie | sed 's/=[^;]*/=…/'"
scan="redis-cli -p 3173 --scan | sed -E 's/^(.{6}).*/\\1…/'"
value="cut -f 7 planted | tail -n 1 | sed -E 's/^(.{6}).*/\1…/'"

for version in broken fixed; do
    redis-server --port 3173 --bind 127.0.0.1 --save '' --appendonly no --dir "$scratch" > "$scratch/redis.log" &
    servers=($!)
    until redis-cli -p 3173 ping > /dev/null 2>&1; do sleep 0.05; done
    service "$version" "$key" &
    servers+=($!)
    until curl -s -o /dev/null "$shop/ping"; do sleep 0.05; done
    cd "$scratch"
    rm -f planted own
    eval "$fill"
    before=$(eval "$scan; $value" | paste -s)
    eval "$login"
    after=$(eval "$scan; ${value/planted/own}" | paste -s)
    answers=$(eval "$asks")
    redis-cli -p 3173 flushall > /dev/null
    attributes=$(eval "$cookie" | tr -d '\r')
    cd - > /dev/null
    {
        header "$fill; $login; $asks" "$curl_version" "$version"
        echo "$answers"
    } > "$out/curl-$version.txt"
    {
        header "$cookie" "$curl_version" "$version"
        echo "$attributes"
    } > "$out/cookie-$version.txt"
    {
        header "$scan; $value" "$(redis-cli -v)" "$version"
        printf '              in Redis  in the cookie\nafter /basket %s\nafter /login  %s\n' "${before//$'\t'/   }" "${after//$'\t'/   }"
    } > "$out/ids-$version.txt"
    if [ "$version" = fixed ]; then
        cat > "$scratch/login.html" <<'PAGE'
<form method="post" action="http://127.0.0.1:3171/login"><input name="user" value="alice"><input name="password" value="apple"></form>
<script>document.forms[0].submit()</script>
PAGE
        {
            header "chromium --headless --virtual-time-budget=3000 --dump-dom login.html | grep '<p>', where login.html submits the form of http://127.0.0.1:3171" \
                "$(chromium --version 2> /dev/null | cut -d ' ' -f 1-2)" "fixed, over plain HTTP"
            chromium --headless --no-sandbox --disable-gpu --user-data-dir="$scratch/profile" \
                --virtual-time-budget=3000 --dump-dom "file://$scratch/login.html" 2> /dev/null | grep '<p>'
        } > "$out/chromium-fixed.txt"
    fi
    kill "${servers[@]}"
    wait "${servers[@]}" 2> /dev/null || true
done

{
    header "SESSION_KEY=changeme lab-17; echo \"exit code \$?\"" "the service itself" "fixed"
    code=0
    (service fixed changeme) 2>&1 || code=$?
    echo "exit code $code"
} > "$out/start-fixed.txt"
# Which cookies Chromium sends back to http://localhost, of those that it gets.
cat > "$scratch/cookies" <<'LINES'
__Host-a=1; Secure; Path=/
__Host-b=1; Path=/
__Host-c=1; Secure
__Host-d=1; Secure; Path=/; Domain=localhost
__Host-e=1; Secure; Path=/login
__Secure-f=1; Path=/
g=1; Path=/; SameSite=None
h=1; Path=/; Domain=blog.localhost
i=1; Path=/; Domain=localhost
LINES
cat > "$scratch/server.py" <<'SERVER'
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/set':
            self.send_response(303)
            for line in open(sys.argv[1]):
                self.send_header('Set-Cookie', line.strip())
            self.send_header('Location', '/')
            self.end_headers()
        else:
            self.send_response(200)
            self.send_header('Content-Type', 'text/plain')
            self.end_headers()
            self.wfile.write(self.headers.get('Cookie', '').encode())
    def log_message(self, *words):
        pass
http.server.HTTPServer(('127.0.0.1', 3171), Handler).serve_forever()
SERVER
python3 "$scratch/server.py" "$scratch/cookies" &
until curl -s -o /dev/null "$shop/"; do sleep 0.05; done
sent=$(chromium --headless --no-sandbox --disable-gpu --user-data-dir="$scratch/profile" --dump-dom http://localhost:3171/set 2> /dev/null)
{
    header "chromium --headless --dump-dom http://localhost:3171/set, which sets these cookies and shows what comes back" \
        "$(chromium --version 2> /dev/null | cut -d ' ' -f 1-2)" "no version of the lab"
    while read -r line; do
        case "$sent" in
            *"${line%%;*}"*) echo "taken    $line" ;;
            *) echo "refused  $line" ;;
        esac
    done < "$scratch/cookies"
} > "$out/chromium-cookies.txt"
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
