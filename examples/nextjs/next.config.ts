import type { NextConfig } from 'next';

const config: NextConfig = {
  // Imgwire resizes the images; Next.js only asks it for the right width.
  images: { loader: 'custom', loaderFile: './lib/image-loader.ts' },
  // On a narrow screen it covers a part of the page.
  devIndicators: false,
};

export default config;
