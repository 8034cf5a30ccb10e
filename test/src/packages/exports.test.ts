import { fileURLToPath } from 'node:url';
import * as bullmq from '@imgwire/bullmq';
import * as core from '@imgwire/core';
import * as emulator from '@imgwire/emulator';
import * as express from '@imgwire/express';
import * as fastify from '@imgwire/fastify';
import * as nestjs from '@imgwire/nestjs';
import * as nestjsTesting from '@imgwire/nestjs/testing';
import * as web from '@imgwire/web';
import ts from 'typescript';
import { expect, it } from 'vitest';

const MODULES = { core, express, fastify, web, nestjs, bullmq, emulator };
type Name = keyof typeof MODULES;

const entry = (name: Name): string =>
  fileURLToPath(new URL(`../../../packages/${name}/src/index.ts`, import.meta.url));
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

/** The names of a package's own: what they say again of core's is left out. */
function ownNames(name: Name): { values: string[]; types: string[] } {
  const again = new Set(name === 'core' || name === 'emulator' ? [] : exportedNames('core'));
  const own = exportedNames(name).filter((exported) => !again.has(exported));
  const isValue = (exported: string): boolean => exported in MODULES[name];
  return {
    values: own.filter(isValue).toSorted(byName),
    types: own.filter((exported) => !isValue(exported)).toSorted(byName),
  };
}

it.each(['express', 'fastify', 'web', 'nestjs'] as const)(
  '@imgwire/%s exports all that @imgwire/core does',
  (name) => {
    expect(exportedNames(name)).toEqual(expect.arrayContaining(exportedNames('core')));
    expect(Object.keys(MODULES[name])).toEqual(expect.arrayContaining(Object.keys(core)));
  },
);

it('@imgwire/core exports these names', () => {
  expect(ownNames('core')).toMatchInlineSnapshot(`
    {
      "types": [
        "Announcement",
        "Bulk",
        "Check",
        "CheckOptions",
        "CheckResult",
        "Checks",
        "CloseOptions",
        "ImgwireInstanceOptions",
        "CreateBody",
        "CreateIntent",
        "CustomMetadata",
        "DirectUpload",
        "DirectUploadInput",
        "DispatcherLike",
        "DownloadJob",
        "FactoryOptions",
        "FieldRules",
        "FileEvent",
        "FileInfo",
        "FormFields",
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
        "ViaUrlExchange",
        "ViaUrlResult",
        "IncomingRequest",
        "Inside",
        "IssuedToken",
        "JsonResponse",
        "LengthSource",
        "LimitOptions",
        "Limits",
        "ListQuery",
        "Logger",
        "ManyOptions",
        "ManyProgress",
        "ManyResult",
        "OptionParts",
        "Page",
        "ProblemDetails",
        "ReadyDownload",
        "ReceivedFile",
        "ReceivedForm",
        "RequestHeaders",
        "RequestImgwire",
        "RouteFields",
        "RouteMethods",
        "SourceUrlRules",
        "StorageEngine",
        "StorageRules",
        "TokenRequest",
        "Transformations",
        "RollbackFailure",
        "UploadInput",
        "UploadMetadata",
        "UploadRules",
        "UploadSource",
        "UploadToken",
        "UploadTokenRules",
        "UploadViaUrlBody",
        "UploadViaUrlInput",
        "UploadViaUrlMetadata",
        "UploadViaUrlRules",
        "WaitOptions",
      ],
      "values": [
        "FIELD_CHECKS",
        "IMAGE_TYPES",
        "IMGWIRE_ERROR_CODES",
        "IMGWIRE_EVENTS",
        "ImgwireError",
        "RULE_CHECKS",
        "STORAGE_CHECKS",
        "TOKEN_CHECKS",
        "VIA_URL_CHECKS",
        "assertInput",
        "assertNotReceived",
        "assertNotRequest",
        "assertOptions",
        "canonicalImageType",
        "checkSourceUrl",
        "closeSignal",
        "createImgwire",
        "extensionOf",
        "imageUrl",
        "viaUrlEndpoint",
        "inAnyField",
        "inBytes",
        "inField",
        "inFields",
        "inspectImage",
        "isForm",
        "isImgwireError",
        "idempotencyKeyForUrl",
        "mergeVary",
        "nearest",
        "noOption",
        "parseTransformations",
        "partOptions",
        "platformReceiver",
        "receivesRequest",
        "reportFault",
        "requestImgwire",
        "routeMethods",
        "routeRules",
        "splitOptions",
        "statusOf",
        "toImgwireError",
        "tokenEndpoint",
        "watchAwait",
      ],
    }
  `);
});

it('@imgwire/express exports these names beside', () => {
  expect(ownNames('express')).toMatchInlineSnapshot(`
    {
      "types": [
        "ImgwireMulterFile",
        "ImgwireRequest",
        "ImgwireStorageOptions",
        "ImgwireUpload",
        "ImgwireUploadOptions",
        "ImgwireUploadTokenOptions",
        "ImgwireUploadViaUrlOptions",
        "OwnRequestProperties",
        "RequestWithImage",
      ],
      "values": [
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
        "FastifyImgwire",
        "FastifyImgwireOptions",
        "ImgwireRequest",
        "OwnRequestProperties",
        "RequestWithImage",
        "UploadHook",
        "UploadTokenHandler",
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
        "ImgwireApiBody",
        "ImgwireHealthResult",
        "ImgwireInterceptorOptions",
        "ImgwireModuleExtras",
        "ImgwireModuleOptions",
        "ImgwireMulterFile",
        "ImgwireProblemBody",
        "ImgwireRules",
        "ImgwireStorageOptions",
        "ImgwireUploadTokenControllerOptions",
        "ParseImageOptions",
        "UploadedDecorator",
      ],
      "values": [
        "AnyImgwireFilesInterceptor",
        "ApiImgwireProblem",
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

it('@imgwire/nestjs/testing exports these names', () => {
  expect(Object.keys(nestjsTesting)).toEqual(['ImgwireTestingModule']);
});

it('@imgwire/web exports these names beside', () => {
  expect(ownNames('web')).toMatchInlineSnapshot(`
    {
      "types": [
        "ImgwireForm",
        "ImgwireFormWithImage",
        "ImgwireHandler",
        "ImgwireViaUrl",
        "ImgwireUpload",
        "ImgwireUploadOptions",
        "ImgwireUploadRoute",
        "ImgwireUploadTokenOptions",
        "ImgwireUploadViaUrl",
        "ImgwireUploadViaUrlOptions",
      ],
      "values": [
        "imgwireErrorResponse",
        "imgwireUpload",
        "imgwireUploadToken",
        "imgwireUploadViaUrl",
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
        "ItemRules",
        "OwnWorkerOptions",
        "QueueOptions",
        "RollbackQueue",
        "RollbackQueueOptions",
        "RollbackClient",
        "UrlImport",
      ],
      "values": [
        "IMPORT_QUEUE",
        "IMPORT_WORKER_OPTIONS",
        "ROLLBACK_QUEUE",
        "importQueue",
        "importWorker",
        "runImport",
        "rollbackQueue",
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
