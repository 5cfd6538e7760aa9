"""The grades of Mozilla's HTTP Observatory: grade.py HTTP-PORT HTTPS-PORT PATH...

shop.example is this machine, and its ports are those of the service.
"""

import socket
import sys

http, https, *paths = sys.argv[1:]
ports = {80: int(http), 443: int(https)}
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda _, port, *more, **named: resolve(
    "127.0.0.1", ports.get(port, port), *more, **named
)

from httpobs.scanner.local import scan  # noqa: E402

for path in paths:
    result = scan("shop.example", path=path)
    grade = result["scan"]
    print(f"{path}: {grade['grade']}, {grade['score']} points")
    for name, test in sorted(result["tests"].items()):
        if not test["pass"]:
            print(f"    {name}: {test['result']}")
