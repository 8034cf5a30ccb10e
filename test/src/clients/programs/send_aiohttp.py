import asyncio

import aiohttp

from forms import serve


async def send(url, parts):
    # By itself it percent-encodes file names, and cannot send a field whose name is not ASCII.
    data = aiohttp.FormData(quote_fields=False)
    for part in parts:
        if "value" in part:
            data.add_field(part["name"], part["value"])
        else:
            file = open(part["path"], "rb")
            data.add_field(part["name"], file, filename=part["fileName"], content_type=part["type"])
    async with aiohttp.ClientSession() as session:
        async with session.post(url, data=data) as response:
            return response.status, await response.text()


serve(lambda url, parts: asyncio.run(send(url, parts)))
