import httpx

from forms import fields_of, files_of, serve


def send(url, parts):
    response = httpx.post(url, data=dict(fields_of(parts)), files=files_of(parts), timeout=30)
    return response.status_code, response.text


serve(send)
