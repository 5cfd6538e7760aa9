"""What Wapiti finds, a line each: wapiti.py URL [OPTIONS], with the Python of
a folder that has wapiti3. The evidence of labs 09 and 14 is made with it.
"""

import functools
import http.cookiejar
import json
import sys
import tempfile
from pathlib import Path

from wapitiCore.main.wapiti import wapiti_asyncio_wrapper
from wapitiCore.net.crawler import AsyncCrawler

# A form leads to the page that shows what was typed; Wapiti does not look there.
AsyncCrawler.async_send = functools.partialmethod(AsyncCrawler.async_send, follow_redirects=True)
# Browsers send a Secure cookie by HTTP, too, where the host is this machine.
http.cookiejar.DefaultCookiePolicy.return_ok_secure = lambda *_: True

url, *options = sys.argv[1:]
with tempfile.TemporaryDirectory() as scratch:
    report = Path(scratch, "report.json")
    always = ["-u", url, "-f", "json", "-o", str(report), "--store-session", scratch]
    always += ["--flush-session", "--no-bugreport", "--verify-ssl", "0"]
    sys.argv[1:] = always + options
    try:
        wapiti_asyncio_wrapper()
    finally:
        found = json.loads(report.read_text())
lines = {
    f"{finding['method']} {finding['path']}: {finding['info']}"
    for kind in ("vulnerabilities", "anomalies")
    for findings in found[kind].values()
    for finding in findings
}
pages = found["infos"]["crawled_pages_nbr"]
print(f"{pages} requests known, findings: {len(lines)}", *sorted(lines), sep="\n")
