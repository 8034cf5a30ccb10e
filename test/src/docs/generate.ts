// `npm run docs`: writes what is generated in docs/.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatedFiles } from './generated.ts';
import { root } from './markdown.ts';

for (const [path, text] of generatedFiles()) await writeFile(join(root, path), text);
