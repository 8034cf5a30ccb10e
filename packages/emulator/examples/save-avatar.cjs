/** A stand-in for your code: uploads a picture to the Imgwire that the options name and returns its id. */
async function saveAvatar(picture, { apiKey, baseUrl }) {
  const created = await fetch(`${baseUrl}/api/v1/images/standard_upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ file_name: 'avatar.png', mime_type: 'image/png', content_length: picture.length }),
  });
  if (!created.ok) throw new Error(`Imgwire responded with ${created.status}`);
  const { image, upload_url } = await created.json();
  const stored = await fetch(upload_url, {
    method: 'PUT',
    headers: { 'content-type': 'image/png' },
    body: picture,
  });
  if (!stored.ok) throw new Error(`Imgwire responded with ${stored.status}`);
  return image.id;
}

module.exports = { saveAvatar };
