import { IMGWIRE_ERROR_CODES } from '@imgwire/core';
import type { Type } from '@nestjs/common';
import { apiModel, apiResponse } from './api-metadata.ts';
import type { ImgwireProblemBody } from './imgwire.exception.ts';

const text = { type: 'string' };
const codes = { ...text, enum: IMGWIRE_ERROR_CODES, enumName: 'ImgwireErrorCode' };

/** The body of an error response, as a class that `@nestjs/swagger` turns into a schema. */
export const ImgwireProblem: Type<ImgwireProblemBody> = apiModel('ImgwireProblem', {
  type: { ...text, format: 'uri', required: false, description: 'The page about the code.' },
  title: { ...text, example: 'Payload Too Large' },
  status: { type: 'integer', example: 413 },
  detail: { ...text, example: 'The file is too large.' },
  code: codes,
  message: { ...text, description: 'The same as `detail`, as in every error of Nest.' },
  field: { ...text, required: false, description: 'The form field.' },
  fileName: { ...text, required: false, description: 'The name of the file.' },
  retryAfter: { type: 'integer', required: false, description: 'Seconds after which to try again.' },
  issues: {
    type: 'array',
    items: {
      type: 'object',
      properties: { path: { type: 'array', items: { oneOf: [text, { type: 'integer' }] } }, message: text },
      required: ['path', 'message'],
    },
    required: false,
    description: 'What is wrong with the text fields, by the schema of the form.',
  },
});

/** The response body of a token route, likewise. */
export const ImgwireUploadToken: Type<{ readonly uploadToken: string; readonly expiresAt: string }> =
  apiModel('ImgwireUploadToken', { uploadToken: text, expiresAt: { ...text, format: 'date-time' } });

/** The response body of a route of direct uploads, likewise: `uploads` of a request to begin, `results` of one to complete. */
export const ImgwireDirectUploads: Type<object> = apiModel('ImgwireDirectUploads', {
  uploads: { type: 'array', items: { type: 'object' }, required: false },
  results: { type: 'array', items: { type: 'object' }, required: false },
});

/**
 * Describes the error responses of a route, or of every route of a controller, to `@nestjs/swagger`: an {@link ImgwireProblem}
 * for every status without a description of its own. On a route, describe its success as well.
 */
export const ApiImgwireProblem = (): MethodDecorator & ClassDecorator =>
  apiResponse(['default', 'Problem details, RFC 9457.'], ImgwireProblem, 'application/problem+json');
