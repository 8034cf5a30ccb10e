"""Reads a form from each line of the standard input, and writes a line for each response."""

import json
import sys


def serve(send):
    for line in sys.stdin:
        form = json.loads(line)
        status, text = send(form["url"], form["parts"])
        print(json.dumps({"status": status, "text": text}), flush=True)


def fields_of(parts):
    return [(part["name"], part["value"]) for part in parts if "value" in part]


def files_of(parts):
    return [
        (part["name"], (part["fileName"], open(part["path"], "rb"), part["type"]))
        for part in parts
        if "path" in part
    ]
