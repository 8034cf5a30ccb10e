import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { program } from './programs.ts';
import type { Send } from './send.ts';

/** Where the sources of the programs are. */
export const SOURCES = fileURLToPath(new URL('../programs', import.meta.url));

/** Where Debian has them; others in the PATH lack Debian's modules. */
export const INTERPRETERS = {
  // -B: it leaves no compiled files beside the sources.
  python: ['/usr/bin/python3', '-B'],
  php: ['/usr/bin/php'],
  ruby: ['/usr/bin/ruby'],
  perl: ['/usr/bin/perl'],
} as const;

const JARS = [
  'gson',
  'okhttp',
  'okio',
  'httpmime',
  'httpclient',
  'httpcore',
  'commons-logging',
  'commons-codec',
]
  .concat(['httpclient5', 'httpcore5', 'httpcore5-h2', 'slf4j-api', 'slf4j-nop'])
  .map((name) => `/usr/share/java/${name}.jar`);

/** The class path of the programs in Java, without their own classes. */
export const CLASS_PATH = JARS.join(':');

/** Where the compiled programs are: see `build-programs.ts`. */
const built = (): string => process.env['CLIENT_PROGRAMS'] ?? '';

/** A script for one of the interpreters. */
export const script = (language: keyof typeof INTERPRETERS, file: string, ...args: string[]): Send =>
  program(...INTERPRETERS[language], join(SOURCES, file), ...args);

/** A class with a main method. The options spare the start of a short program what pays in a long one. */
export const java = (name: string, ...args: string[]): Send =>
  program(
    JAVA,
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-cp',
    `${CLASS_PATH}:${built()}`,
    name,
    ...args,
  );

const JAVA = '/usr/bin/java';

/** The program of send.go. */
export const go = (...args: string[]): Send => program(join(built(), 'send-go'), ...args);
