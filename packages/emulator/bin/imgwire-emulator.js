#!/usr/bin/env node
// What is published has `dist` only. A checkout has the sources, which may be newer than a build, and tsx to run them.
import { existsSync } from 'node:fs';

const source = new URL('../src/cli.ts', import.meta.url);
const isCheckout = existsSync(source);
if (isCheckout) await import('tsx');
const { runCli } = await import(isCheckout ? source.href : '../dist/cli.mjs');
await runCli(process.argv.slice(2));
