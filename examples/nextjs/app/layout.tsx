import '../../../packages/emulator/page/look.css';
import '../../shared/parts.css';
import '../../shared/gallery.css';
import './style.css';
import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';

export const metadata: Metadata = { title: 'Gallery at Imgwire' };
export const viewport: Viewport = { colorScheme: 'light dark' };

export default function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
