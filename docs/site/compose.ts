// The README becomes two pages: its head is the home page, and its quick starts and those of the packages are the tabs of Start.
import { read, slugOf, toPlain } from './pages.ts';

/** A page of the site: the text for agents, and what VitePress gets in its place, if that differs. */
export interface Composed {
  readonly text: string;
  readonly source: string;
}

const README = read('README.md');
/** Sections of the README that are on the page Start; the others are on the home page. */
const ON_START = ['See it', 'Express in five minutes', 'Nest in five minutes', 'Uploads from the browser'];
const NOWHERE = ['Development'];

/** The quick starts: the name of the tab, and the file and the heading under which it is. */
const TABS = [
  ['Express', 'README.md', 'Express in five minutes'],
  ['Nest', 'README.md', 'Nest in five minutes'],
  ['Fastify', 'packages/fastify/README.md', 'Fastify in five minutes'],
  ['Next.js', 'packages/web/README.md', 'Next.js'],
  ['Hono', 'packages/web/README.md', 'Hono'],
] as const;

/** A page cut at its headings of the second level. The head has no heading. */
export function sectionsOf(text: string): { readonly heading: string; readonly body: string }[] {
  const parts = outsideCode(text, '\n## ');
  return parts.map((part, at) => {
    const end = part.indexOf('\n');
    return at === 0
      ? { heading: '', body: part }
      : { heading: part.slice(0, end), body: part.slice(end).trim() };
  });
}

/** Splits a text at a mark that is not in a block of code. */
function outsideCode(text: string, mark: string): string[] {
  const pieces = text.split(mark);
  const whole: string[] = [];
  for (const piece of pieces) {
    const last = whole.at(-1);
    const isOpen = last !== undefined && (last.match(/^```/gm)?.length ?? 0) % 2 === 1;
    if (isOpen) whole[whole.length - 1] = last + mark + piece;
    else whole.push(piece);
  }
  return whole;
}

function sectionOf(file: string, heading: string): string {
  const found = sectionsOf(read(file)).find((section) => section.heading === heading);
  if (!found) throw new Error(`${file} has no section "${heading}"`);
  return found.body;
}

/** The page on which a heading of the README is. */
export const routeInReadme = (anchor: string | undefined): string =>
  anchor !== undefined && ON_START.some((heading) => slugOf(heading) === anchor) ? 'start' : 'index';

/** The page Start: what each framework needs, in tabs. Each is mapped by its own file, since its links begin there. */
export function start(map: (file: string, text: string) => string): Composed {
  const [see = '', , , browser = ''] = ON_START.map((heading) => sectionOf('README.md', heading));
  const tabs = TABS.map(([name, file, heading]) => ({ name, body: map(file, sectionOf(file, heading)) }));
  const around = (quick: string): string =>
    [
      '# Start',
      quick,
      `## ${ON_START[0]}\n\n${map('README.md', see)}`,
      `## ${ON_START[3]}\n\n${map('README.md', browser)}`,
    ].join('\n\n');
  return {
    text: around(tabs.map(({ name, body }) => `## ${name}\n\n${body}`).join('\n\n')),
    source: around(
      [
        ':::tabs key:framework',
        ...tabs.map(({ name, body }) => `== ${name}\n\n${body.replaceAll(/^:::/gm, '\\:::')}`),
        ':::',
      ].join('\n\n'),
    ),
  };
}

/** The home page: the head of the README and what is not on Start. Its first words and its list are the hero. */
export function home(map: (file: string, text: string) => string): Composed {
  const [head, ...sections] = sectionsOf(README);
  const rest = sections
    .filter(({ heading }) => ![...ON_START, ...NOWHERE].includes(heading))
    .map(({ heading, body }) => `## ${heading}\n\n${body}`);
  const body = head?.body ?? '';
  const text = map('README.md', [body.trim(), ...rest].join('\n\n'));
  const features = [...body.matchAll(/^- \*\*(.+?)\.\*\* ([\s\S]+?)(?=\n- |\n\n)/gm)];
  const [title = '', first = ''] = body.trim().split(/\n\s*\n/);
  const [tagline = ''] = /^.+?\.(?=\s)/.exec(toPlain(first)) ?? [];
  const front = {
    layout: 'home',
    hero: {
      name: title.replace(/^# /, ''),
      tagline,
      actions: [
        { theme: 'brand', text: 'Start', link: '/start' },
        { theme: 'alt', text: 'Options', link: '/options' },
        { theme: 'alt', text: 'Errors', link: '/errors' },
      ],
    },
    features: features.map(([, name, words = '']) => ({
      title: name,
      details: toPlain(words).replaceAll(/`([^`]+)`/g, '<code>$1</code>'),
    })),
  };
  const shown = text
    .replace(/^# .+\n/, '')
    .replace(/(?:^- \*\*[\s\S]+?)(?=\n\n)/m, '')
    .trim();
  return { text, source: `---\n${JSON.stringify(front)}\n---\n\n${shown}` };
}
