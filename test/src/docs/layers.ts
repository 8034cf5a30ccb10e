import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './markdown.ts';

const CORE = join(root, 'packages/core/src');
const BELOW = /^(?:import|export)[^;]*? from '\.\.?\/([^'/]+)(?:\/[^']*)?';/gms;

/** Folders of core, and what other folders they import from: an arrow each, as a Mermaid flowchart. */
export function layerDiagram(): string {
  const folders = readdirSync(CORE).filter((name) => statSync(join(CORE, name)).isDirectory());
  const arrows = folders.flatMap((folder) =>
    [...importedBy(folder)]
      .filter((name) => folders.includes(name) && name !== folder)
      .map((name) => `  ${folder} --> ${name}`),
  );
  return ['```mermaid', 'flowchart TD', ...arrows.toSorted(), '```'].join('\n');
}

function importedBy(folder: string): Set<string> {
  const files = readdirSync(join(CORE, folder)).filter((name) => /(?<!\.test)\.ts$/.test(name));
  const texts = files.map((name) => readFileSync(join(CORE, folder, name), 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(BELOW)].map(([, name = '']) => name)));
}
