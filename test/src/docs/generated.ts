import { repositoryLlms } from '../../../docs/site/llms.ts';
import { DISPOSITIONS, FILE_HEADERS, REQUEST_HEADERS, TEXT_HEADERS } from '../hostile/form-headers.ts';
import { makeMistakes } from '../mistakes/make-mistakes.ts';
import { layerDiagram } from './layers.ts';
import { read } from './markdown.ts';
import { pipelineSvg } from './pipeline-svg.ts';
import {
  clientTable,
  containerTable,
  errorTable,
  eventTable,
  formHeaderTable,
  frameworkTable,
  mistakeTable,
  optionTable,
  platformTable,
  propertyTable,
} from './tables.ts';

const CORE = 'packages/core/src';
const NEST = 'packages/nestjs/src';

const MISTAKES = await makeMistakes();

/** What stands between the markers of a page, by the name in the markers. */
const SECTIONS: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(
    Object.entries(MISTAKES).map(([name, group]) => [`mistakes-${name}`, () => mistakeTable(group)]),
  ),
  errors: errorTable,
  events: eventTable,
  clients: clientTable,
  containers: containerTable,
  platforms: platformTable,
  frameworks: frameworkTable,
  'request-headers': () => formHeaderTable(REQUEST_HEADERS),
  'file-headers': () => formHeaderTable(FILE_HEADERS),
  'text-headers': () => formHeaderTable(TEXT_HEADERS),
  dispositions: () => formHeaderTable(DISPOSITIONS),
  layers: layerDiagram,
  ImgwireOptions: () => optionTable(`${CORE}/imgwire-options.ts`, 'ImgwireOptions'),
  CloseOptions: () => optionTable(`${CORE}/imgwire.ts`, 'CloseOptions'),
  CheckOptions: () => optionTable(`${CORE}/calls/check.ts`, 'CheckOptions'),
  ImgwireUsage: () => propertyTable(`${CORE}/calls/usage.ts`, 'ImgwireUsage'),
  UploadRules: () => optionTable(`${CORE}/rules/rules.ts`, 'UploadRules'),
  Limits: () => optionTable(`${CORE}/rules/rules.ts`, 'Limits'),
  FieldRules: () => optionTable(`${CORE}/rules/rules.ts`, 'FieldRules'),
  UploadMetadata: () => optionTable(`${CORE}/rules/rules.ts`, 'UploadMetadata'),
  FileInfo: () => optionTable(`${CORE}/rules/rules.ts`, 'FileInfo'),
  UploadInput: () => optionTable(`${CORE}/calls/upload.ts`, 'UploadInput'),
  UploadViaUrlInput: () => optionTable(`${CORE}/calls/upload-via-url.ts`, 'UploadViaUrlInput'),
  DirectUploadInput: () => optionTable(`${CORE}/calls/create-direct-upload.ts`, 'DirectUploadInput'),
  ManyOptions: () => optionTable(`${CORE}/calls/many.ts`, 'ManyOptions'),
  WaitOptions: () => optionTable(`${CORE}/upload/wait-until-ready.ts`, 'WaitOptions'),
  EndpointRules: () => optionTable(`${CORE}/adapters/guarded-endpoint.ts`, 'EndpointRules'),
  CompletionRules: () => optionTable(`${CORE}/direct/rules.ts`, 'CompletionRules'),
  DirectUploadRules: () => optionTable(`${CORE}/direct/rules.ts`, 'DirectUploadRules'),
  UploadTokenRules: () => optionTable(`${CORE}/direct/rules.ts`, 'UploadTokenRules'),
  SourceUrlRules: () => optionTable(`${CORE}/adapters/source-url.ts`, 'SourceUrlRules'),
  UploadViaUrlRules: () => optionTable(`${CORE}/adapters/upload-via-url.ts`, 'UploadViaUrlRules'),
  ImgwireModuleExtras: () => optionTable(`${NEST}/imgwire.module.ts`, 'ImgwireModuleExtras'),
  ImgwireInterceptorOptions: () => optionTable(`${NEST}/imgwire.options.ts`, 'ImgwireInterceptorOptions'),
  ImgwireUploadTokenControllerOptions: () =>
    optionTable(`${NEST}/imgwire-token.controller.ts`, 'ImgwireUploadTokenControllerOptions'),
  ImgwireDirectControllerOptions: () =>
    optionTable(`${NEST}/imgwire-direct.controller.ts`, 'ImgwireDirectControllerOptions'),
  ParseImageOptions: () => optionTable(`${NEST}/parse-image.pipe.ts`, 'ParseImageOptions'),
  EmulatorOptions: () => optionTable('packages/emulator/src/options.ts', 'EmulatorOptions'),
};

const SECTION = /(<!-- generated: (\S+) -->\n)[\s\S]*?(<!-- end of \2 -->)/g;
const PAGES = [
  'packages/core/docs/errors.md',
  'packages/core/docs/options.md',
  'packages/core/docs/operating.md',
  'packages/core/docs/clients.md',
  'packages/core/docs/forms.md',
  'packages/core/docs/mistakes.md',
  'packages/core/docs/frameworks.md',
  'docs/architecture.md',
  'packages/web/README.md',
];

function fill(page: string): string {
  const text = read(page);
  const filled = text.replace(SECTION, (_match, start: string, name: string, end: string) => {
    const section = SECTIONS[name];
    if (!section) throw new Error(`${page}: nothing is generated as "${name}"`);
    return `${start}\n${section()}\n\n${end}`;
  });
  if (!SECTION.test(text)) throw new Error(`${page} has no generated section`);
  SECTION.lastIndex = 0;
  return filled;
}

/** Every generated file with the text that it should have. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ...PAGES.map((page): [string, string] => [page, fill(page)]),
    ['docs/pipeline-light.svg', pipelineSvg('light')],
    ['docs/pipeline-dark.svg', pipelineSvg('dark')],
    ['llms.txt', repositoryLlms()],
  ]);
}

/** The names of the sections that some page shows. */
export const shownSections = (): Set<string> =>
  new Set(PAGES.flatMap((page) => [...read(page).matchAll(SECTION)].map(([, , name = '']) => name)));

/** The names of all sections that there are. */
export const SECTION_NAMES: readonly string[] = Object.keys(SECTIONS);
