#!/usr/bin/env bash
# Makes this lab's evidence anew: what curl prints of a ticket and of a search,
# and what Wapiti finds. Needs curl, port 3091, and wapiti3 in the folder that
# WAPITI names (python3 -m venv DIR; DIR/bin/pip install wapiti3); read the
# difference, commit.
#   WAPITI=DIR labs/09-cross-site-scripting/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/09-cross-site-scripting/evidence
if [ -z "${LAB_09:-}" ]; then
    cargo build -q -p lab-09 --bin lab-09
    LAB_09=${CARGO_TARGET_DIR:-target}/debug/lab-09
fi
wapiti="$out/wapiti.py"
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

search='curl -sD- "127.0.0.1:3091/search?q=%3Cscript%3Ealert(1)%3C/script%3E"'
ticket='curl -s 127.0.0.1:3091/tickets/1 | grep -E "name|label|site"'
for version in broken fixed; do
    "$LAB_09" serve "$version" --port 3091 > /dev/null &
    server=$!
    until curl -s -o /dev/null http://127.0.0.1:3091/; do sleep 0.05; done
    curl -s -o /dev/null --data-urlencode 'name=<img src=x onerror=alert(1)>' \
        --data-urlencode 'label=x onmouseover=alert(1)' \
        --data-urlencode 'site=javascript:alert(1)' -d 'text=hello' \
        http://127.0.0.1:3091/tickets
    tool=$(curl -V | cut -d ' ' -f 1-2 | head -n 1)
    {
        header "$ticket" "$tool" "$version"
        eval "$ticket"
    } > "$out/ticket-$version.txt"
    {
        header "$search" "$tool" "$version"
        eval "$search" | tr -d '\r' | grep -v '^date:'
        echo
    } > "$out/search-$version.txt"
    if [ -n "${WAPITI:-}" ]; then
        modules=xss,permanentxss,csrf,csp,http_headers,cookieflags,redirect,crlf,sql,exec,file
        {
            header "python evidence/wapiti.py \$shop/ -s '\$shop/search?q=x' -m $modules" \
                "wapiti $("$WAPITI/bin/wapiti" --version | tail -n 1 | sed 's/^Wapiti //')" "$version"
            "$WAPITI/bin/python" -W ignore "$wapiti" http://127.0.0.1:3091/ \
                -s 'http://127.0.0.1:3091/search?q=x' -m "$modules" 2> /dev/null | sed -n '/requests known/,$p'
        } > "$out/wapiti-$version.txt"
    fi
    kill "$server"
    wait "$server" 2> /dev/null || true
done
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
