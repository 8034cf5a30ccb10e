import { readFileSync } from 'node:fs';
import type { ImgwireImage } from '@imgwire/web';
import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const LOOK = '../../../packages/emulator/page';
const ICON = `data:image/svg+xml,${encodeURIComponent(read(`${LOOK}/icon.svg`))}`;
const STYLE = raw([`${LOOK}/look.css`, '../../shared/gallery.css', 'style.css'].map(read).join('\n'));

/** Where the images go. Only an emulator speaks http, and it has a page. */
const connected = (url: string | undefined): Html =>
  url?.startsWith('http:') ? html`Images go to <a href="${url}">${url}</a>` : html`Images go to Imgwire`;

/** The gallery, below the form that adds to it. `html` escapes its values. */
export function galleryPage(images: readonly ImgwireImage[], baseUrl: string | undefined): Html {
  return document(
    baseUrl,
    html`
    <form class="panel" method="post" action="/images" enctype="multipart/form-data">
      <label>
        Images
        <input type="file" id="images" name="images" accept="image/*,.heic,.jxl" multiple required />
      </label>
      <button>Upload</button>
    </form>
    ${images.length === 0 ? html`<p class="quiet">There are no images yet.</p>` : list(images)}
  `,
  );
}

/** Says why the form was rejected, with a link back. */
export function problemPage(problem: string, baseUrl: string | undefined): Html {
  return document(
    baseUrl,
    html`
    <p class="problem" role="alert">${problem}</p>
    <p><a href="/">Back to the gallery</a></p>
  `,
  );
}

const list = (images: readonly ImgwireImage[]): Html =>
  html`<ul class="gallery" aria-label="Images">${images.map(item)}</ul>`;

const item = (image: ImgwireImage): Html => html`
  <li class="panel">
    ${image.status === 'READY' ? picture(image) : html`<p class="quiet">${image.status.toLowerCase()}</p>`}
    <span class="name">${image.original_filename}</span>
    <form method="post" action="/images/${image.id}/delete">
      <button aria-label="Delete ${image.original_filename}">Delete</button>
    </form>
  </li>
`;

const picture = (image: ImgwireImage): Html => html`
  <img
    src="${image.url({ width: 480, format: 'auto', quality: 'auto' })}"
    alt="${image.original_filename}"
    loading="lazy"
  />
`;

const document = (baseUrl: string | undefined, content: Html): Html => html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>Gallery at Imgwire</title>
      <link rel="icon" href="${ICON}" />
      <style>
        ${STYLE}
      </style>
    </head>
    <body>
      <header class="bar">
        <img src="${ICON}" alt="" width="28" height="28" />
        <h1>Gallery with Hono</h1>
        <p class="connected">${connected(baseUrl)}</p>
      </header>
      <main>
        <p class="quiet">The form is streamed to Imgwire while it arrives. This page has no script.</p>
        ${content}
      </main>
    </body>
  </html>`;
