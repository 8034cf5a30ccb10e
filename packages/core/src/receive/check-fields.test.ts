import { expect, it } from 'vitest';
import { Cancellation } from '../cancellation.ts';
import { checkFields } from './check-fields.ts';

it('an issue whose path has a symbol has a path that is JSON', async () => {
  const issue = { path: [{ key: 'tags' }, Symbol('all')], message: 'Too many.' };
  const validate = () => ({ issues: [issue] });
  const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
  const check = checkFields(schema, { fields: {}, texts: 0 }, new Cancellation());
  await expect(check.atEnd()).rejects.toMatchObject({
    code: 'INVALID_FORM',
    issues: [{ path: ['tags', 'Symbol(all)'], message: 'Too many.' }],
  });
});
