import { readFileSync } from 'node:fs';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { tabsMarkdownPlugin } from 'vitepress-plugin-tabs';
import { slugOf } from '../pages.ts';

interface Entry {
  readonly route: string;
  readonly group: string;
  readonly title: string;
}

const PAGES = JSON.parse(
  readFileSync(new URL('../.build/navigation.json', import.meta.url), 'utf8'),
) as Entry[];

const itemsOf = (group: string): { text: string; link: string }[] =>
  PAGES.filter((page) => page.group === group).map(({ route, title }) => ({
    text: title.replaceAll('`', ''),
    link: `/${route.replace(/(^|\/)index$/, '$1')}`,
  }));

// Not folded: a group that folds is a button within a button, which screen readers do not read out.
const group = (text: string): DefaultTheme.SidebarItem => ({ text, items: itemsOf(text) });

const GROUPS = ['Start', 'Packages', 'Guides', 'Running', 'Reference', 'Examples', 'Project', 'Decisions'];

export default defineConfig({
  title: 'Imgwire middleware',
  lang: 'en',
  description: 'Upload middleware for Imgwire: Express, Nest, Fastify and web requests',
  srcDir: '.build',
  outDir: 'dist',
  cacheDir: '.cache',
  cleanUrls: true,
  // A mark of our own, in the page: no request for a picture.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    // The anchors of GitHub, for which the links of the pages are written.
    anchor: { slugify: slugOf },
    config: (md) => {
      // Its types are those of another version of markdown-it.
      tabsMarkdownPlugin(md as unknown as Parameters<typeof tabsMarkdownPlugin>[0]);
      // What scrolls by itself must be reached by the keyboard.
      md.renderer.rules['table_open'] = () => '<div class="wide" tabindex="0"><table tabindex="-1">\n';
      // A column without a name has no heading cell, which screen readers would read out as an empty one.
      for (const rule of ['th_open', 'th_close'] as const) {
        md.renderer.rules[rule] = (tokens, at, options, _, self) => {
          const text = tokens[rule === 'th_open' ? at + 1 : at - 1];
          const token = tokens[at];
          if (token && text?.content === '') token.tag = 'td';
          return self.renderToken(tokens, at, options);
        };
      }
      md.renderer.rules['table_close'] = () => '</table></div>\n';
    },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  // The index of the search is large, and loaded when somebody searches.
  vite: { build: { chunkSizeWarningLimit: 4096 } },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Guides', items: [...itemsOf('Guides'), ...itemsOf('Running')] },
      { text: 'Options', link: '/options' },
      { text: 'Errors', link: '/errors', activeMatch: '^/errors' },
      { text: 'Recipes', link: '/recipes' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      { text: 'Decisions', link: '/architecture', activeMatch: '^/(architecture|decisions/)' },
    ],
    sidebar: {
      '/api/': [group('API')],
      '/errors/': [{ text: 'Errors', items: [{ text: 'All of them', link: '/errors' }] }, group('Codes')],
      '/': GROUPS.map(group),
    },
    outline: [2, 3],
    search: { provider: 'local' },
    docFooter: { prev: false, next: false },
  },
});
