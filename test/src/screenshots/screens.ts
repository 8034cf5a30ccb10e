/** The pages that are shown, by their names. */
export const SHOWN_PAGES = ['demo', 'emulator', 'signed-upload', 'nextjs', 'hono', 'nestjs'] as const;

/** What each page is shown on: `docs/screenshots/<page>-<screen>-<scheme>.webp`. */
export const SCREENS = {
  desktop: { width: 1280, height: 960 },
  phone: { width: 390, height: 844 },
} as const;

/** As the `prefers-color-scheme` of a reader. */
export const SCHEMES = ['light', 'dark'] as const;

/** The name of the file of a screenshot. */
export const fileOf = (page: string, screen: string, scheme: string): string =>
  `${page}-${screen}-${scheme}.webp`;
