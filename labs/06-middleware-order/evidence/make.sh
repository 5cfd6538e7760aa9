#!/usr/bin/env bash
# Makes this lab's evidence anew: what curl, a browser's console and the access
# log say of broken and fixed. Needs curl and Chromium; read the difference,
# commit. Nothing here measures time.
#   labs/06-middleware-order/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/06-middleware-order/evidence
cargo build -q -p lab-06 --bin lab-06
binary=${CARGO_TARGET_DIR:-target}/debug/lab-06
chromium=${CHROMIUM:-chromium}
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

start() { # version
    "$binary" serve "$1" --port 0 > "$scratch/log" 2>&1 &
    server=$!
    until grep -q listening "$scratch/log"; do sleep 0.05; done
    url=$(sed -n 's/^listening on //p' "$scratch/log")
}

stop() {
    kill "$server"
    wait "$server" || true
}

curl_version=$(curl --version | head -n 1 | cut -d' ' -f1,2)
preflight=(-s -i -X OPTIONS -H 'Origin: https://shop.example'
    -H 'Access-Control-Request-Method: GET'
    -H 'Access-Control-Request-Headers: authorization')

for version in broken fixed; do
    start "$version"
    {
        header "curl -s -i -X OPTIONS -H 'Origin: https://shop.example' -H 'Access-Control-Request-Method: GET' -H 'Access-Control-Request-Headers: authorization' \$API/api/orders" \
            "$curl_version" "$version"
        printf '%s\n' "$(curl "${preflight[@]}" "$url/api/orders" | tr -d '\r')"
    } > "$out/preflight-$version.txt"
    {
        header "for n in \$(seq 12); do curl -s -o /dev/null -w '%{http_code}\n' -H \"Authorization: Bearer guess-\$n\" \$API/api/orders; done | sort | uniq -c; grep -c 'method=GET path=\"/api/orders\"' access.log" \
            "$curl_version, grep" "$version"
        for n in $(seq 12); do
            curl -s -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer guess-$n" "$url/api/orders"
        done | sort | uniq -c
        stop
        grep -c 'method=GET path="/api/orders"' "$scratch/log" || true
    } > "$out/guesses-$version.txt"
done

# A page of another origin, in a browser that knows where the two names are.
cat > "$scratch/index.html" <<'PAGE'
<!doctype html><title>Orders</title><script>
fetch('http://api.shop.example/api/orders', { headers: { authorization: 'Bearer maple-4711' } });
</script>
PAGE
python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$scratch" > "$scratch/page" 2>&1 &
page_server=$!
until grep -q 'port [0-9]' "$scratch/page"; do sleep 0.05; done
page=$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$scratch/page" | head -n 1)
start broken
{
    header "chromium --headless --enable-logging=stderr http://shop.example/ 2>&1 | grep -o 'Access to fetch[^\"]*' | fold -s -w 90" \
        "$("$chromium" --version | cut -d' ' -f1,2)" broken
    "$chromium" --headless --no-sandbox --disable-gpu --disable-background-networking \
        --user-data-dir="$scratch/profile" --enable-logging=stderr --virtual-time-budget=5000 --dump-dom \
        --host-resolver-rules="MAP shop.example:80 127.0.0.1:$page, MAP api.shop.example:80 127.0.0.1:${url##*:}" \
        http://shop.example/ 2>&1 > /dev/null | grep -o 'Access to fetch[^"]*' | head -n 1 | fold -s -w 90 | sed 's/ *$//'
} > "$out/browser-broken.txt"
stop
kill "$page_server"
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
