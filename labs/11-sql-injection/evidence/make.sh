#!/usr/bin/env bash
# Makes this lab's evidence anew: what curl shows of broken and fixed, what the
# two log meanwhile, where broken puts SQL together, and what sqlmap finds.
# Needs curl, sqlmap (pip install sqlmap; SQLMAP names another program), and
# PostgreSQL as the lab finds it. sqlmap takes two minutes. Read the difference,
# commit.
#   labs/11-sql-injection/evidence/make.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
lab=labs/11-sql-injection
out=$lab/evidence
${CARGO:-cargo} build -q -p lab-11 --bin lab-11
binary=${CARGO_TARGET_DIR:-target}/debug/lab-11
sqlmap=${SQLMAP:-sqlmap}
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT
# The lab's own, private server is what is attacked.
unset LAB_DATABASE_URL

header() { # command tool version
    printf '# command: %s\n# tool: %s\n# machine: %s, %s cores\n# date: %s\n# version: %s\n\n' \
        "$1" "$2" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(nproc)" "$(date -u +%F)" "$3"
}

ask() { # field=text
    printf '%s\n' "$1"
    curl -s --get "$url/items" --data-urlencode "$1" -w '\n%{http_code}\n'
}

# The lines that say what was found, without the hour and without payloads of
# hundreds of characters.
found() {
    grep -E 'is vulnerable|seem to be inj|appear to be inj|^(Parameter|    Type|    Title):|^back-end' |
        sed -E 's/^\[[0-9:]+\] //; s/ Do you want to keep .*$//; s/ If you suspect .*$//' | cut -c 1-100
}

for version in broken fixed; do
    rm -f "$scratch/url"
    "$binary" serve "$version" --port 0 > "$scratch/url" 2> "$scratch/log" &
    server=$!
    until grep -qs listening "$scratch/url"; do sleep 0.05; done
    url=$(sed -n 's/^listening on //p' "$scratch/url")
    {
        header "curl --get \$url/items --data-urlencode … -w '\\n%{http_code}\\n'" \
            "$(curl -V | cut -d ' ' -f 1-2 | head -n 1)" "$version"
        ask "name=O'Neill"
        ask "name=x' union select email, 0, 0 from customers --"
        ask 'below=0 or not listed'
        ask 'sort=cost; drop table items'
    } > "$out/curl-$version.txt"
    {
        header "cat service.log" "$(cat --version | head -n 1)" "$version, after four searches"
        cat "$scratch/log"
    } > "$out/log-$version.txt"
    options=(--batch --flush-session --level 5 --risk 3 --dbms PostgreSQL
        --threads 4 --disable-coloring --answers 'keep testing=Y'
        --output-dir "$scratch/sqlmap")
    {
        "$sqlmap" -u "$url/items?name=lamp&below=5000&sort=name" -p name,below,sort "${options[@]}"
        "$sqlmap" -u "$url/wishes" --data 'email=a@example.org&wish=lamp' -p email,wish "${options[@]}"
    } > "$scratch/found" 2>&1 < /dev/null
    {
        header "sqlmap -u … -p name,below,sort and -p email,wish --batch --level 5 --risk 3 --dbms PostgreSQL" \
            "sqlmap $("$sqlmap" --version | tail -n 1)" "$version"
        found < "$scratch/found"
    } > "$out/sqlmap-$version.txt"
    kill "$server"
    wait "$server" || true
done
{
    pattern='sql_query\(|batch_execute\(|sql::<|format!\('
    header "grep -rnE '$pattern' src/" "$(grep --version | head -n 1)" "broken"
    grep -nE "$pattern" "$lab/src/broken.rs" | sed 's/^/src\/broken.rs:/'
} > "$out/grep-broken.txt"
echo "made: $(ls "$out"/*.txt | tr '\n' ' ')"
