import { expect, it } from 'vitest';
import { IMGWIRE_CHECKS } from './imgwire-options.ts';
import { wrongOption } from './options/option-problem.ts';
import { RULE_CHECKS } from './rules/check-rules.ts';

it.each(Object.keys(IMGWIRE_CHECKS))(
  '%s among the rules of a route is said to belong to the connection',
  (name) => {
    expect(wrongOption(name, 5, RULE_CHECKS)).toMatchObject({
      name,
      instead: expect.stringMatching(
        /^it belongs to the instance, not to a route: write it in imgwireUpload\(\)/,
      ),
    });
  },
);
