// A page for each code of the errors.
import { IMGWIRE_ERROR_CODES, ImgwireError, type ImgwireErrorCode } from '@imgwire/core';
import { sectionsOf } from './compose.ts';
import { ERROR_NOTES } from './error-notes.ts';
import { PAGES, type Page, read, slugOf, toPlain } from './pages.ts';

const OPTIONS = 'packages/core/docs/options.md';
const ERRORS = 'packages/core/docs/errors.md';

/** The text of the page about a code. */
export function errorPage(code: ImgwireErrorCode): string {
  const error = new ImgwireError(code);
  const { title } = error.toJSON();
  const [when, todo, ...options] = ERROR_NOTES[code];
  const rows = [
    ['when', when],
    ['what to do', todo],
    ...(options.length > 0 ? [['options', options.map(optionLink).join(', ')]] : []),
  ];
  return [
    `# ${code}`,
    error.message,
    [
      `| status | ${error.status} ${title} |`,
      '| --- | --- |',
      ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    ].join('\n'),
    `The response has this body, besides what is about the one request:\n\n\`\`\`json\n${JSON.stringify(error, undefined, 2)}\n\`\`\``,
    `[Every code](/errors.md), and [how to handle one](/errors.md#handling-one-yourself).`,
    elsewhere(code),
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** An option and the section in which it is documented. @throws Error for one that is not */
function optionLink(option: string): string {
  const name = option.split('.').at(-1);
  const section = sectionsOf(read(OPTIONS)).find(({ body }) => body.includes(`\n| \`${name}\` |`));
  if (!section) throw new Error(`${OPTIONS} has no option "${option}"`);
  return `[\`${option}\`](/options.md#${slugOf(section.heading)})`;
}

/** The sections of other pages that name the code. */
function elsewhere(code: string): string {
  const mention = new RegExp(`(?<![A-Z_])${code}(?![A-Z_])`);
  const found = PAGES.filter(({ file }) => file !== ERRORS).flatMap((page) =>
    sectionsOf(read(page.file)).flatMap((section) =>
      mention.test(section.body) ? [`- ${sectionLink(page, section.heading)}`] : [],
    ),
  );
  return found.length === 0 ? '' : `## On other pages\n\n${found.join('\n')}`;
}

const sectionLink = ({ title, route }: Page, heading: string): string =>
  heading === ''
    ? `[${title}](/${route}.md)`
    : `[${title}: ${toPlain(heading)}](/${route}.md#${slugOf(heading)})`;

/** Links each code in the table of the page Errors to its page. */
export const linkCodes = (text: string): string =>
  IMGWIRE_ERROR_CODES.reduce(
    (linked, code) => linked.replace(`\n| \`${code}\` |`, `\n| [\`${code}\`](/errors/${code}.md) |`),
    text,
  );
