import { type Theme, useData } from 'vitepress';
// The fonts of the system: nothing is loaded for them.
import DefaultTheme from 'vitepress/theme-without-fonts';
import { enhanceAppWithTabs } from 'vitepress-plugin-tabs/client';
import { onMounted, watchPostEffect } from 'vue';
import './look.css';

/** The home page and that of a wrong address have no `<main>`: what is around their content becomes it. */
function markMain(): void {
  const { frontmatter, page } = useData();
  onMounted(() =>
    watchPostEffect(() => {
      const content = document.getElementById('VPContent');
      if (frontmatter.value['layout'] === 'home' || page.value.isNotFound)
        content?.setAttribute('role', 'main');
      else content?.removeAttribute('role');
    }),
  );
}

export default {
  extends: DefaultTheme,
  setup: markMain,
  enhanceApp: ({ app }) => enhanceAppWithTabs(app),
} satisfies Theme;
