import { expect } from 'vitest';

const HTTP = { upload: 201, token: 200 };
const TCP = {
  message: 'string',
  refused: {
    title: expect.any(String),
    status: 415,
    detail: expect.any(String),
    code: 'UNSUPPORTED_IMAGE_TYPE',
    message: expect.any(String),
  },
};

/** The expected result of `liveAs()` for a start. */
export const outcomeOf = (start: string): object => ({
  ...((start.startsWith('HTTP') || start === 'a hybrid') && HTTP),
  ...((start === 'a microservice' || start === 'a hybrid') && TCP),
  job: 'string',
});
