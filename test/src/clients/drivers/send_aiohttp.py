import asyncio
import json
import sys

import aiohttp


async def send(form):
    # By itself it percent-encodes file names, and cannot send a field whose name is not ASCII.
    data = aiohttp.FormData(quote_fields=False)
    for part in form["parts"]:
        if "value" in part:
            data.add_field(part["name"], part["value"])
        else:
            file = open(part["path"], "rb")
            data.add_field(part["name"], file, filename=part["fileName"], content_type=part["type"])
    async with aiohttp.ClientSession() as session:
        async with session.post(form["url"], data=data) as response:
            return {"status": response.status, "text": await response.text()}


json.dump(asyncio.run(send(json.load(sys.stdin))), sys.stdout)
