import { type Assumption, accepted } from './assumption.ts';
import { lifeOf } from './of-storage.ts';
import { describe, NotAsked, PNG, type ProbedService } from './probed-service.ts';

/** An upload token, as the service makes it. */
interface Token {
  readonly id?: string;
  readonly token?: string;
  readonly expires_at?: string;
}

const newToken = async (service: ProbedService): Promise<Token> =>
  Object(await service.call('POST', '/images/token').then(({ body }) => body)) as Token;

const withToken = ({ token = '' }: Token): string => `?upload_token=${encodeURIComponent(token)}`;

/** What is assumed of an upload token. */
export const OF_TOKENS: readonly Assumption[] = [
  {
    about: 'how long an upload token lives',
    assumed: 'at least 60 s',
    reliesOn: 'packages/core/src/direct/token-endpoint.ts',
    see: async (service) => {
      const { expires_at: until = '' } = await newToken(service);
      const seconds = (Date.parse(until) - Date.now()) / 1000;
      if (Number.isNaN(seconds)) throw new NotAsked('The token does not say how long it lives.');
      return lifeOf(seconds);
    },
  },
  {
    about: 'a second record with one upload token',
    assumed: 'rejected',
    reliesOn: 'packages/core/src/direct/token-completions.ts',
    see: async (service) => {
      const token = await newToken(service);
      await service.tryCreate(describe(PNG), withToken(token));
      const { status } = await service.tryCreate(describe(PNG), withToken(token));
      return accepted(status);
    },
  },
  {
    about: 'the record that a token makes',
    assumed: 'names the token',
    reliesOn: 'packages/core/src/direct/after.ts',
    see: async (service) => {
      const token = await newToken(service);
      const { status, body } = await service.tryCreate(describe(PNG), withToken(token));
      const { image } = Object(body) as { image?: { upload_token_id?: unknown } };
      if (!image) throw new NotAsked(`The server key made no record with a token (${status}).`);
      return image.upload_token_id === token.id ? 'names the token' : 'does not name it';
    },
  },
];
