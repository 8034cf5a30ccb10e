import { imgwireDirectUpload } from '@imgwire/express';
import { imgwire } from '@imgwire/fastify';
import { imgwireDirectUpload as imgwireWebDirectUpload } from '@imgwire/web';
import fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';

const rules = { authorize: () => true };
const without = (caller: string): string => `${caller}: option "subject" is required: write subject:`;

describe('a route of direct uploads without a subject', () => {
  it.each([
    ['Express', imgwireDirectUpload],
    ['web', imgwireWebDirectUpload],
  ])('is a TypeError when it is created, by the name of its function: %s', (_, create) => {
    expect(() => create({ ...rules, apiKey: 'sk_test_subject' } as never)).toThrow(
      without('imgwireDirectUpload()'),
    );
  });

  it('is a TypeError when it is created, by the name of its function: Fastify', async () => {
    const app = fastify();
    onTestFinished(() => app.close());
    await app.register(imgwire, { apiKey: 'sk_test_subject' });
    expect(() => app.imgwire.directUpload(rules as never)).toThrow(without('app.imgwire.directUpload()'));
  });
});
