import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as bullmq from '@imgwire/bullmq';
import * as client from '@imgwire/client';
import * as core from '@imgwire/core';
import * as adapter from '@imgwire/core/adapter';
import * as edge from '@imgwire/core/edge';
import * as emulator from '@imgwire/emulator';
import * as express from '@imgwire/express';
import * as fastify from '@imgwire/fastify';
import * as nestjs from '@imgwire/nestjs';
import * as nestjsTesting from '@imgwire/nestjs/testing';
import * as web from '@imgwire/web';
import * as webEdge from '@imgwire/web/edge';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const MODULES = { core, 'core/adapter': adapter, express, fastify, web, client, nestjs, bullmq, emulator };
type Name = keyof typeof MODULES;

function entry(name: Name): string {
  const [folder = '', door = 'index'] = name.split('/');
  return fileURLToPath(new URL(`../../../packages/${folder}/src/${door}.ts`, import.meta.url));
}
const { config } = ts.readConfigFile(
  fileURLToPath(new URL('../../../tsconfig.base.json', import.meta.url)),
  ts.sys.readFile,
);
const program = ts.createProgram(
  (Object.keys(MODULES) as Name[]).map(entry),
  ts.convertCompilerOptionsFromJson(config.compilerOptions, '.').options,
);

/** Every name that a package exports, types included, as the compiler sees them. */
function exportedNames(name: Name): string[] {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entry(name));
  const module = file && checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`${name} has no entry`);
  return checker.getExportsOfModule(module).map((symbol) => symbol.name);
}

const byName = (a: string, b: string): number => (a < b ? -1 : 1);

/** The names that a package exports; of one for a framework its own, without what it hands on of core for applications. */
function ownNames(name: Name): { values: string[]; types: string[] } {
  const handedOn = new Set(name.startsWith('core') || name === 'emulator' ? [] : exportedNames('core'));
  const own = exportedNames(name).filter((exported) => !handedOn.has(exported));
  const isValue = (exported: string): boolean => exported in MODULES[name];
  return {
    values: own.filter(isValue).toSorted(byName),
    types: own.filter((exported) => !isValue(exported)).toSorted(byName),
  };
}

describe.each(['express', 'fastify', 'web', 'nestjs'] as const)('@imgwire/%s', (name) => {
  it('exports all that @imgwire/core does', () => {
    expect(exportedNames(name)).toEqual(expect.arrayContaining(exportedNames('core')));
    expect(Object.keys(MODULES[name])).toEqual(expect.arrayContaining(Object.keys(core)));
  });

  it('exports no function of @imgwire/core/adapter as it is', () => {
    const plumbing = new Set<unknown>(Object.values(adapter));
    const handedOn = Object.entries(MODULES[name]).filter(([, value]) => plumbing.has(value));
    expect(handedOn.map(([exported]) => exported)).toEqual(
      // Under a type of the framework's request.
      ['express', 'nestjs'].includes(name) ? ['imgwireStorage'] : [],
    );
  });
});

it('@imgwire/core and @imgwire/core/adapter have no name in common', () => {
  const names = new Set(exportedNames('core'));
  expect(exportedNames('core/adapter').filter((name) => names.has(name))).toEqual([]);
});

it('@imgwire/core/adapter exports what its page explains', async () => {
  const page = await readFile(new URL('../../../packages/core/docs/adapters.md', import.meta.url), 'utf8');
  const text = page.replaceAll(/^```[\s\S]*?^```/gm, '');
  expect(Object.keys(adapter).filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
});

it('@imgwire/core exports these names', () => {
  expect(ownNames('core')).toMatchInlineSnapshot(`
    {
      "types": [
        "BodyRules",
        "CheckOptions",
        "CheckResult",
        "CloseOptions",
        "CorsOrigin",
        "CreateBody",
        "CreateCallbacks",
        "CreateIntent",
        "CustomDomain",
        "CustomMetadata",
        "DirectUpload",
        "DirectUploadInput",
        "DispatcherLike",
        "DownloadJob",
        "FieldRules",
        "FileEvent",
        "FileInfo",
        "FormFields",
        "FormIssue",
        "FormSchema",
        "ImageRecord",
        "ImageStatus",
        "ImageType",
        "ImageTypeLike",
        "Imgwire",
        "ImgwireClientLike",
        "ImgwireErrorCode",
        "ImgwireErrorDetails",
        "ImgwireEventName",
        "ImgwireEvents",
        "ImgwireHealth",
        "ImgwireImage",
        "ImgwireOptions",
        "ImgwireUsage",
        "IncomingRequest",
        "InspectedImage",
        "LengthSource",
        "LimitOptions",
        "Limits",
        "ListQuery",
        "Logger",
        "ManyOptions",
        "ManyProgress",
        "ManyResult",
        "MetricsDatasets",
        "MetricsPoint",
        "MetricsQuery",
        "MetricsStat",
        "MetricsStats",
        "Orientation",
        "Page",
        "ProblemDetails",
        "ReadyDownload",
        "ReceivedFile",
        "ReceivedForm",
        "RollbackFailure",
        "SourceUrlRules",
        "SrcsetTransformations",
        "StorageEngine",
        "StorageRules",
        "Transformations",
        "UploadInput",
        "UploadMetadata",
        "UploadRules",
        "UploadSource",
        "UploadToken",
        "UploadViaUrlBody",
        "UploadViaUrlInput",
        "WaitOptions",
      ],
      "values": [
        "IMAGE_TYPES",
        "IMGWIRE_ERROR_CODES",
        "IMGWIRE_EVENTS",
        "ImgwireError",
        "canonicalImageType",
        "checkSourceUrl",
        "createImgwire",
        "idempotencyKeyForUrl",
        "imageUrl",
        "inspectImage",
        "isImgwireError",
        "parseTransformations",
        "reportFault",
        "srcset",
        "toImgwireError",
      ],
    }
  `);
});

it('@imgwire/core/adapter exports these names', () => {
  expect(ownNames('core/adapter')).toMatchInlineSnapshot(`
    {
      "types": [
        "Check",
        "Checks",
        "CompletionRules",
        "DirectFile",
        "DirectNotes",
        "DirectUploadRules",
        "Endpoint",
        "EndpointExchange",
        "EndpointRequest",
        "EndpointRules",
        "FactoryOptions",
        "FormOutput",
        "ImgwireInstanceOptions",
        "ImgwireMulterFile",
        "ImgwireRequest",
        "ImgwireStorageOptions",
        "IssuedToken",
        "JsonResponse",
        "NoteState",
        "OptionProblem",
        "ParsedOptions",
        "RequestHeaders",
        "RequestImgwire",
        "RouteFields",
        "RouteMethods",
        "TokenImageRules",
        "UploadKind",
        "UploadTokenRules",
        "UploadViaUrlMetadata",
        "UploadViaUrlRules",
        "ViaUrlExchange",
        "ViaUrlResult",
      ],
      "values": [
        "CHECKS",
        "asError",
        "assertInput",
        "assertNotReceived",
        "assertNotRequest",
        "assertOptions",
        "assertSubject",
        "assertTokenSubject",
        "attach",
        "bodyRouteRules",
        "definedOf",
        "directBodyBytes",
        "directUploadEndpoint",
        "errorResponse",
        "extensionOf",
        "formatBytes",
        "headersOf",
        "imgwireStorage",
        "isForm",
        "kindOf",
        "misplaced",
        "missingImage",
        "parseOptions",
        "platformReceiver",
        "receivesRequest",
        "responseSignal",
        "routeFields",
        "routeMethods",
        "routeRules",
        "toRequestFiles",
        "tokenEndpoint",
        "urlOf",
        "viaUrlEndpoint",
        "watchAwait",
      ],
    }
  `);
});

it('@imgwire/express exports these names beside', () => {
  expect(ownNames('express')).toMatchInlineSnapshot(`
    {
      "types": [
        "CompletionRules",
        "DirectFile",
        "DirectNotes",
        "DirectUploadRules",
        "ImgwireDirectUploadOptions",
        "ImgwireMulterFile",
        "ImgwireRequest",
        "ImgwireStorageOptions",
        "ImgwireUpload",
        "ImgwireUploadOptions",
        "ImgwireUploadTokenOptions",
        "ImgwireUploadViaUrlOptions",
        "IssuedToken",
        "OwnRequestProperties",
        "RequestImgwire",
        "RequestWithImage",
        "UploadTokenRules",
        "UploadViaUrlMetadata",
        "UploadViaUrlRules",
      ],
      "values": [
        "imgwireDirectUpload",
        "imgwireErrorHandler",
        "imgwireStorage",
        "imgwireUpload",
        "imgwireUploadToken",
        "imgwireUploadViaUrl",
        "withImage",
      ],
    }
  `);
});

it('@imgwire/fastify exports these names beside', () => {
  expect(ownNames('fastify')).toMatchInlineSnapshot(`
    {
      "types": [
        "CompletionRules",
        "DirectFile",
        "DirectNotes",
        "DirectUploadRules",
        "EndpointHandler",
        "FastifyImgwire",
        "FastifyImgwireOptions",
        "ImgwireRequest",
        "IssuedToken",
        "OwnRequestProperties",
        "RequestImgwire",
        "RequestWithImage",
        "UploadHook",
        "UploadTokenRules",
        "UploadViaUrlMetadata",
        "UploadViaUrlRules",
      ],
      "values": [
        "default",
        "imgwire",
        "withImage",
      ],
    }
  `);
});

it('@imgwire/nestjs exports these names beside', () => {
  expect(ownNames('nestjs')).toMatchInlineSnapshot(`
    {
      "types": [
        "CompletionRules",
        "DirectFile",
        "DirectNotes",
        "DirectUploadRules",
        "ImgwireApiBody",
        "ImgwireBodyInterceptorOptions",
        "ImgwireDirectControllerOptions",
        "ImgwireEndpointHooks",
        "ImgwireHealthResult",
        "ImgwireInterceptorOptions",
        "ImgwireModuleExtras",
        "ImgwireModuleOptions",
        "ImgwireMulterFile",
        "ImgwireProblemBody",
        "ImgwireRules",
        "ImgwireStorageOptions",
        "ImgwireUploadTokenControllerOptions",
        "IssuedToken",
        "ParseImageOptions",
        "RequestImgwire",
        "UploadTokenRules",
        "UploadedDecorator",
      ],
      "values": [
        "AnyImgwireFilesInterceptor",
        "ApiImgwireProblem",
        "ImgwireBodyInterceptor",
        "ImgwireDirectUploads",
        "ImgwireExceptionFilter",
        "ImgwireFileFieldsInterceptor",
        "ImgwireFileInterceptor",
        "ImgwireFilesInterceptor",
        "ImgwireHealthIndicator",
        "ImgwireHttpException",
        "ImgwireModule",
        "ImgwireProblem",
        "ImgwireService",
        "ImgwireUploadToken",
        "InjectImgwire",
        "InjectImgwireService",
        "ParseImagePipe",
        "UploadedImage",
        "UploadedImages",
        "createImgwireDirectController",
        "createImgwireUploadTokenController",
        "getImgwireOptionsToken",
        "getImgwireServiceToken",
        "getImgwireToken",
        "imgwireApiBody",
        "imgwireStorage",
      ],
    }
  `);
});

it('@imgwire/web/edge exports these names, those of core as they are', () => {
  expect(Object.keys(webEdge).toSorted(byName)).toEqual([
    'ImgwireError',
    'createImgwire',
    'imageUrl',
    'imgwireDirectUpload',
    'imgwireUploadToken',
    'isImgwireError',
    'parseTransformations',
    'srcset',
  ]);
  expect(edge).toMatchObject({ ImgwireError: core.ImgwireError, imageUrl: core.imageUrl });
});

it('@imgwire/core/edge exports these names, and for adapters those of @imgwire/core/adapter', () => {
  expect(Object.keys(edge).toSorted(byName)).toEqual([
    'EDGE_CHECKS',
    'ImgwireError',
    'assertSubject',
    'assertTokenSubject',
    'createImgwire',
    'directBodyBytes',
    'directUploadEndpoint',
    'imageUrl',
    'isImgwireError',
    'parseEdgeOptions',
    'parseTransformations',
    'srcset',
    'tokenEndpoint',
  ]);
});

it('@imgwire/nestjs/testing exports these names', () => {
  expect(Object.keys(nestjsTesting)).toEqual(['ImgwireTestingModule']);
});

it('@imgwire/web exports these names beside', () => {
  expect(ownNames('web')).toMatchInlineSnapshot(`
    {
      "types": [
        "CompletionRules",
        "DirectFile",
        "DirectNotes",
        "DirectUploadRules",
        "ImgwireDirectUploadOptions",
        "ImgwireForm",
        "ImgwireFormWithImage",
        "ImgwireHandler",
        "ImgwireUpload",
        "ImgwireUploadOptions",
        "ImgwireUploadRoute",
        "ImgwireUploadTokenOptions",
        "ImgwireUploadViaUrl",
        "ImgwireUploadViaUrlOptions",
        "ImgwireViaUrl",
        "IssuedToken",
        "RequestImgwire",
        "UploadTokenRules",
        "UploadViaUrlMetadata",
        "UploadViaUrlRules",
      ],
      "values": [
        "imgwireDirectUpload",
        "imgwireErrorResponse",
        "imgwireUpload",
        "imgwireUploadToken",
        "imgwireUploadViaUrl",
      ],
    }
  `);
});

it('@imgwire/client exports these names', () => {
  expect(ownNames('client')).toMatchInlineSnapshot(`
    {
      "types": [
        "UploadDirectOptions",
        "UploadFormOptions",
        "UploadProgress",
        "UploadResult",
        "UploadedImage",
      ],
      "values": [
        "UploadError",
        "uploadDirect",
        "uploadForm",
      ],
    }
  `);
});

it('@imgwire/bullmq exports these names', () => {
  expect(ownNames('bullmq')).toMatchInlineSnapshot(`
    {
      "types": [
        "FileImport",
        "ImportItem",
        "ImportProgress",
        "ImportQueue",
        "ImportResult",
        "ImportRun",
        "ImportWorkerOptions",
        "IsStored",
        "ItemRules",
        "OwnWorkerOptions",
        "QueueOptions",
        "RollbackClient",
        "RollbackQueue",
        "RollbackQueueOptions",
        "RollbackRun",
        "RollbackWorkerOptions",
        "UrlImport",
      ],
      "values": [
        "IMPORT_QUEUE",
        "IMPORT_WORKER_OPTIONS",
        "ROLLBACK_QUEUE",
        "importQueue",
        "importWorker",
        "rollbackQueue",
        "runImport",
      ],
    }
  `);
});

it('@imgwire/emulator exports these names', () => {
  expect(ownNames('emulator')).toMatchInlineSnapshot(`
    {
      "types": [
        "Emulator",
        "EmulatorImage",
        "EmulatorImages",
        "EmulatorOptions",
        "EmulatorRequest",
        "Fault",
        "FaultHandle",
        "FaultReport",
        "Faults",
        "ImageMimeType",
        "ImageStatus",
        "RouteName",
      ],
      "values": [
        "startEmulator",
      ],
    }
  `);
});
