#!/usr/bin/env bash
# Makes this lab's evidence anew: what curl prints when it asks both listeners
# of broken and of fixed, what Chromium does with scripts that are smuggled into
# the page, what sslyze says of the listener for HTTPS, which grades Mozilla's
# Observatory gives, and what Wapiti finds. Needs curl, Node and Chromium, and
# the three in the folders that are named, each made by python3 -m venv DIR and
#   DIR/bin/pip install sslyze
#   DIR/bin/pip install requests beautifulsoup4 publicsuffixlist celery
#   DIR/bin/pip install --no-deps httpobs
#   DIR/bin/pip install wapiti3
# Read the difference, commit.
#   SSLYZE=DIR HTTPOBS=DIR WAPITI=DIR labs/14-headers-and-https/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=labs/14-headers-and-https/evidence
if [ -z "${LAB_14:-}" ]; then
    cargo build -q -p lab-14 --bin lab-14
    LAB_14=${CARGO_TARGET_DIR:-target}/debug/lab-14
fi
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

curl_is=$(curl --version | head -n 1 | cut -d' ' -f1-2)

# Prints the head of an answer by HTTPS; its headers sorted, as their order
# varies, and without the clock.
head_of() { # path
    echo "\$ curl -sD - -o /dev/null https://shop.example$1"
    curl -sD - -o /dev/null --cacert "$cert" --connect-to "shop.example:443:${tls#https://}" "https://shop.example$1" |
        tr -d '\r' | grep -v -i -e '^date:' -e '^$' | { read -r status; echo "$status"; sort; }
    echo
}

# Prints a command as it is typed, and status and way of its answer.
by_http() { # header
    echo "\$ curl -s --interface 127.0.0.2 -u ada:apple${1:+ -H '$1'} \$shop/orders"
    curl -s --interface 127.0.0.2 -u ada:apple ${1:+-H "$1"} -w ' %{http_code} %{redirect_url}' "$url/orders" |
        sed "s/:${url##*:}/:8080/; s/^ *//"
    printf '\n\n'
}

for version in broken fixed; do
    "$LAB_14" serve "$version" --port 0 > "$scratch/log" 2>&1 &
    server=$!
    until grep -q '^and on' "$scratch/log"; do sleep 0.05; done
    url=$(sed -n 's/^listening on //p' "$scratch/log")
    tls=$(sed -n 's/^and on \(.*\), see .*/\1/p' "$scratch/log")
    cert=$(sed -n 's/^and on .*, see //p' "$scratch/log")
    until curl -s -o /dev/null "$url/"; do sleep 0.05; done
    {
        header "curl -sD - -o /dev/null https://shop.example/… | sort" "$curl_is" "$version"
        head_of /
        head_of /orders
    } | cat -s > "$out/headers-$version.txt"
    {
        header "curl -s --interface 127.0.0.2 … -w ' %{http_code} %{redirect_url}' http://127.0.0.1:8080/orders" \
            "$curl_is" "$version; 127.0.0.2 is no proxy's address"
        by_http ''
        by_http 'X-Forwarded-Proto: https'
        by_http 'X-Forwarded-Host: evil.example'
    } | cat -s > "$out/http-$version.txt"
    {
        header "node evidence/smuggle.mjs \$shop/" "$(chromium --version | cut -d' ' -f1-2)" "$version"
        node "$out/smuggle.mjs" "$url/" chromium
    } | cat -s > "$out/chromium-$version.txt"
    if [ "$version" = fixed ] && [ -n "${SSLYZE:-}" ]; then
        {
            header "sslyze --mozilla_config intermediate shop.example" \
                "sslyze $("$SSLYZE/bin/pip" show sslyze | sed -n 's/^Version: //p')" "fixed"
            # Without the lists of what is not there.
            "$SSLYZE/bin/python" -W ignore -m sslyze --mozilla_config intermediate --certinfo_ca_file "$cert" \
                "shop.example:${tls##*:}{127.0.0.1}" 2> /dev/null |
                sed -n '/SSL 2.0 Cipher/,/Deflate/p; /COMPLIANCE AGAINST/,$p' | grep -v Deflate |
                sed "s/:${tls##*:}/:443/"
        } | cat -s > "$out/tls-$version.txt"
    fi
    if [ -n "${HTTPOBS:-}" ]; then
        {
            header "python evidence/grade.py / /nothing /orders" \
                "httpobs $("$HTTPOBS/bin/pip" show httpobs | sed -n 's/^Version: //p'), Mozilla's HTTP Observatory" "$version"
            REQUESTS_CA_BUNDLE=$cert "$HTTPOBS/bin/python" -W ignore "$out/grade.py" \
                "${url##*:}" "${tls##*:}" / /nothing /orders
        } > "$out/grades-$version.txt"
    fi
    if [ -n "${WAPITI:-}" ]; then
        modules=xss,permanentxss,csrf,csp,http_headers,cookieflags,redirect,crlf,sql,exec,file
        {
            header "python wapiti.py \$shop/ -s \$shop/orders -m $modules" \
                "wapiti $("$WAPITI/bin/wapiti" --version | tail -n 1 | sed 's/^Wapiti //')" "$version"
            "$WAPITI/bin/python" -W ignore labs/09-cross-site-scripting/evidence/wapiti.py "$tls/" \
                -s "$tls/orders" -m "$modules" 2> /dev/null | sed -n '/requests known/,$p'
        } > "$out/wapiti-$version.txt"
    fi
    kill "$server"
    wait "$server" || true
done
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
