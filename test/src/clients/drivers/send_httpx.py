import json
import sys

import httpx

form = json.load(sys.stdin)
fields = {part["name"]: part["value"] for part in form["parts"] if "value" in part}
files = [
    (part["name"], (part["fileName"], open(part["path"], "rb"), part["type"]))
    for part in form["parts"]
    if "path" in part
]
response = httpx.post(form["url"], data=fields, files=files, timeout=30)
json.dump({"status": response.status_code, "text": response.text}, sys.stdout)
