// llms.txt (llmstxt.org): what there is to read, for programs. One is in the repository, with its paths, and one on the site.
import { PAGES, read, summaryOf, toPlain } from './pages.ts';

/** A page in the list: its heading, its address, and what it is about. */
export interface Listed {
  readonly group: string;
  readonly title: string;
  readonly link: string;
  readonly text: string;
}

/** The text of llms.txt for these pages. */
export function llmsText(pages: readonly Listed[]): string {
  const groups = [...new Set(pages.map(({ group }) => group))].map((group) => {
    const items = pages
      .filter((page) => page.group === group)
      .map(({ title, link, text }) => {
        const summary = summaryOf(text);
        return `- [${toPlain(title)}](${link})${summary && `: ${summary}`}`;
      });
    return `## ${group}\n\n${items.join('\n')}`;
  });
  const readme = read('README.md');
  const [title = ''] = readme.split('\n');
  return `${[title, `> ${summaryOf(readme)}`, ...groups].join('\n\n')}\n`;
}

/** The llms.txt of the repository: its paths. */
export const repositoryLlms = (): string =>
  llmsText([
    { group: 'Start', title: 'README', link: 'README.md', text: read('README.md') },
    ...PAGES.map(({ group, title, file }) => ({ group, title, link: file, text: read(file) })),
  ]);
