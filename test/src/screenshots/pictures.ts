import sharp from 'sharp';
import type { TestFile } from '../support/images.ts';

/** A landscape: what its sky and its ridges are coloured in, from far to near, and where its sun is. */
interface Landscape {
  readonly name: string;
  readonly type: 'jpeg' | 'png' | 'webp';
  readonly size: readonly [width: number, height: number];
  readonly sky: readonly [top: string, bottom: string];
  readonly sun: readonly [x: number, y: number, colour: string];
  readonly ridges: readonly string[];
}

const LANDSCAPES: readonly Landscape[] = [
  {
    name: 'harbour-at-dawn.jpg',
    type: 'jpeg',
    size: [1600, 1067],
    sky: ['#27406b', '#f7b487'],
    sun: [0.68, 0.46, '#ffe3b8'],
    ridges: ['#a9708a', '#6c5580', '#3b3a63', '#1d2242'],
  },
  {
    name: 'dunes-2026-10-04-at-noon.webp',
    type: 'webp',
    size: [1200, 800],
    sky: ['#4aa3d8', '#dff1f7'],
    sun: [0.25, 0.2, '#fffbe6'],
    ridges: ['#f0cf93', '#e3b06a', '#cf8f47', '#a96a2f'],
  },
  {
    name: 'forest.png',
    type: 'png',
    size: [900, 900],
    sky: ['#c6ddd0', '#f4f7ea'],
    sun: [0.5, 0.28, '#ffffff'],
    ridges: ['#9dbfae', '#6b9a85', '#3f735d', '#1e4a3b'],
  },
  {
    name: 'northern-lights.jpg',
    type: 'jpeg',
    size: [1067, 1600],
    sky: ['#071733', '#1f8f78'],
    sun: [0.76, 0.16, '#e8fff6'],
    ridges: ['#17515a', '#0f3444', '#0a2132', '#060f1c'],
  },
  {
    name: 'lavender-fields.jpg',
    type: 'jpeg',
    size: [1500, 1000],
    sky: ['#8fb7ea', '#fde8ef'],
    sun: [0.82, 0.3, '#fff4d9'],
    ridges: ['#c3a4dd', '#9d78c6', '#7450a5', '#4b2f7a'],
  },
];

/** Landscapes for the screenshots, the same each time. */
export function landscapes(): Promise<TestFile[]> {
  return Promise.all(LANDSCAPES.map(draw));
}

async function draw(landscape: Landscape): Promise<TestFile> {
  const { name, type } = landscape;
  const bytes = await sharp(Buffer.from(svgOf(landscape)))
    .toFormat(type)
    .toBuffer();
  return { name, type: `image/${type}`, bytes };
}

function svgOf({
  size: [width, height],
  sky: [top, bottom],
  sun: [x, y, colour],
  ridges,
}: Landscape): string {
  const shapes = ridges.map((ridge, at) => {
    const base = height * (0.5 + (0.45 * at) / ridges.length);
    return `<path fill="${ridge}" d="M0 ${height}${outline(width, base, height * 0.09, at)}L${width} ${height}Z"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <linearGradient id="sky" x2="0" y2="1"><stop stop-color="${top}"/><stop offset="0.8" stop-color="${bottom}"/></linearGradient>
    <radialGradient id="sun"><stop offset="0.35" stop-color="${colour}"/><stop offset="1" stop-color="${colour}" stop-opacity="0"/></radialGradient>
    <rect width="${width}" height="${height}" fill="url(#sky)"/>
    <circle cx="${width * x}" cy="${height * y}" r="${height * 0.16}" fill="url(#sun)"/>${shapes.join('')}</svg>`;
}

/** The outline of a ridge: waves of several lengths, one over the other. */
function outline(width: number, base: number, rise: number, seed: number): string {
  const points = Array.from({ length: 65 }, (_, step) => {
    const at = step / 64;
    const wave = [3, 7, 17].reduce((sum, f, i) => sum + Math.sin(f * at * 3 + seed * (i + 2.3)) / (i + 1), 0);
    return `L${Math.round(width * at)} ${Math.round(base - rise * wave)}`;
  });
  return points.join('');
}
