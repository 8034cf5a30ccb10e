import requests

from forms import fields_of, files_of, serve


def send(url, parts):
    response = requests.post(url, data=fields_of(parts), files=files_of(parts))
    return response.status_code, response.text


serve(send)
