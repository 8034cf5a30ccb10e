import { expect, it } from 'vitest';
import { attach } from './request-files.ts';

it('replaces an `imgwire` that the application has put on the request itself', () => {
  const request = { imgwire: { upload: () => undefined } };
  attach(request, { files: [] });
  expect(request).toMatchObject({ images: [], imgwire: { files: [], rejected: [] } });
});

it('leaves what another upload has attached, where this one received nothing', () => {
  const request = {};
  attach(request, { files: [], rejected: [] }, 'body');
  const before = { ...request };
  attach(request, { files: [] });
  expect({ ...request }).toEqual(before);
});
