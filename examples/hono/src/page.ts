import { readFileSync } from 'node:fs';
import type { ImgwireImage } from '@imgwire/web';
import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { STEPS, type Step } from '../../shared/record-steps.ts';

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** What the gallery shows. */
interface Gallery {
  /** Undefined if they cannot be listed. */
  readonly images: readonly ImgwireImage[] | undefined;
  /** What the last upload did, if there was one. */
  readonly steps: readonly Step[] | undefined;
  /** Why the last form was rejected. */
  readonly problem?: string;
}

/** The lines of a source file, for the page. */
interface Code {
  readonly file: string;
  readonly route: string;
}

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const LOOK = '../../../packages/emulator/page';
const ICON = `data:image/svg+xml,${encodeURIComponent(read(`${LOOK}/icon.svg`))}`;
const STYLES = [`${LOOK}/look.css`, '../../shared/parts.css', '../../shared/gallery.css', 'style.css'];
const STYLE = raw(STYLES.map(read).join('\n'));
const SCRIPT = raw(read('keep-files.js'));

/** The pages, which say where the images go. `html` escapes its values. */
export function pagesOf(
  baseUrl: string | undefined,
  code: Code,
): { galleryPage(gallery: Gallery): Html; messagePage(message: string): Html } {
  return {
    galleryPage: ({ images, steps, problem }) =>
      document(
        baseUrl,
        html`
          <p class="quiet">
            The form is streamed to Imgwire while it arrives. It works without a script; the few lines that this page has
            keep the chosen files if they are rejected.
          </p>
          <div class="columns">
            <section aria-label="Gallery">
              ${form(problem)} ${images?.length === 0 ? html`<p class="quiet">There are no images yet.</p>` : list(images)}
            </section>
            ${happened(steps, code)}
          </div>
          <script type="module">
            ${SCRIPT};
          </script>
        `,
      ),
    messagePage: (message) =>
      document(
        baseUrl,
        html`
          <p class="problem" role="alert">${message}</p>
          <p><a href="/">To the gallery</a></p>
        `,
      ),
  };
}

const form = (problem = ''): Html => html`
  <div class="panel">
    <form id="upload" method="post" action="/images" enctype="multipart/form-data">
      <label>
        Images
        <input type="file" id="images" name="images" accept="image/*,.heic,.jxl" multiple required />
      </label>
      <button>Upload</button>
    </form>
    <p id="problem" class="problem" role="alert">${problem}</p>
    <form method="post" action="/sample">
      <button class="plain small">Use a sample picture</button>
    </form>
  </div>
`;

const list = (images: readonly ImgwireImage[] = []): Html =>
  html`<ul class="gallery" aria-label="Images">${images.map(item)}</ul>`;

const item = (image: ImgwireImage): Html => html`
  <li class="panel">
    ${image.status === 'READY' ? picture(image) : html`<p class="quiet">${image.status.toLowerCase()}</p>`}
    ${name(image.original_filename)}
    <form method="post" action="/images/${image.id}/delete">
      <button class="plain small" aria-label="Delete ${image.original_filename}">Delete</button>
    </form>
  </li>
`;

const picture = (image: ImgwireImage): Html => html`
  <a href="${image.url({ width: 1600, format: 'auto', quality: 'auto' })}">
    <img
      src="${image.url({ width: 480, format: 'auto', quality: 'auto' })}"
      alt="${image.original_filename}"
      loading="lazy"
    />
  </a>
`;

/** A name that is too long is shortened in the middle: names differ at their ends. */
const name = (text: string): Html => {
  const characters = [...text];
  const [start, end] = [characters.slice(0, -12).join(''), characters.slice(-12).join('')];
  return html`<span class="name" title="${text}"><span>${start}</span><span>${end}</span></span>`;
};

const happened = (steps: readonly Step[] = STEPS, { file, route }: Code): Html => html`
  <section class="panel happened" aria-labelledby="happened-title">
    <h2 id="happened-title">What just happened</h2>
    <ol class="trace" aria-label="Steps of the last upload">${steps.map((step) => stepItem(step, steps.at(-1)?.ms))}</ol>
    <h3>The route, in <code>${file}</code></h3>
    <pre><code>${route}</code></pre>
  </section>
`;

const stepItem = ({ event, what, ms }: Step, total: number | undefined): Html => html`
  <li title="${event}" style="--at: ${ms && total ? (100 * ms) / total : 0}%">
    <span>${what}</span> <span>${ms === undefined ? '–' : `${ms} ms`}</span>
  </li>
`;

/** Where the images go. Only an emulator speaks http, and it has a page. */
const connected = (url: string | undefined): Html =>
  url?.startsWith('http:') ? html`Images go to <a href="${url}">${url}</a>` : html`Images go to Imgwire`;

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
      <main>${content}</main>
    </body>
  </html>`;
