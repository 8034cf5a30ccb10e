import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NextConfig } from 'next';

const config: NextConfig = {
  // Imgwire resizes the images; Next.js only asks it for the right width.
  images: { loader: 'custom', loaderFile: './lib/image-loader.ts' },
  // The page shows the lines of this route, and not a copy of them.
  env: { UPLOAD_ROUTE: readFileSync(join(import.meta.dirname, 'app/images/route.ts'), 'utf8') },
  // On a narrow screen it covers a part of the page.
  devIndicators: false,
};

export default config;
