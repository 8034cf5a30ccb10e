import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';
import { clientModule } from './client-module.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Serves the page and its files, and what it says of the demo. */
export function servePage(app: Express, about: object): void {
  const client = clientModule();
  app.use(express.static(pathOf('../page')));
  // What the page calls ../../shared and ../../../packages: a URL does not lead above the root.
  app.use('/shared', express.static(pathOf('../../shared')));
  app.use('/packages/emulator/page', express.static(pathOf('../../../packages/emulator/page')));
  // Where the import map of the page says that `@imgwire/client` is.
  app.get('/client.js', (_req, res) => {
    res.type('js').send(client);
  });
  app.get('/lake.jpg', (_req, res) => res.sendFile(pathOf('../lake.jpg')));
  app.get('/about', (_req, res) => {
    res.json(about);
  });
}
