import type { Theme } from 'vitepress';
// The fonts of the system: nothing is loaded for them.
import DefaultTheme from 'vitepress/theme-without-fonts';
import { enhanceAppWithTabs } from 'vitepress-plugin-tabs/client';
import './look.css';

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => enhanceAppWithTabs(app),
} satisfies Theme;
