import { apiKeyOf, ticketSecretOfEnvironment } from '../imgwire-options.ts';
import { ticketSecret } from './rules.ts';

/**
 * Returns the secrets of tickets: those given, that of the environment, or the API key of the instance.
 *
 * @throws TypeError if there is none, as with a `client` of the official SDK; for one of the environment that is too short
 */
export function ticketSecrets(
  caller: string,
  given: string | readonly string[] | undefined,
  imgwire: object,
): readonly string[] {
  const fromEnv = given === undefined ? ticketSecretOfEnvironment() : undefined;
  const wrong = fromEnv !== undefined && ticketSecret(fromEnv);
  if (wrong) throw new TypeError(`${caller}: IMGWIRE_TICKET_SECRET must have ${String(wrong)}.`);
  const secret = given ?? fromEnv ?? apiKeyOf(imgwire);
  if (secret !== undefined) return [secret].flat();
  throw new TypeError(
    `${caller} has no secret for its tickets: set IMGWIRE_TICKET_SECRET in the environment, or pass \`ticketSecret\`.`,
  );
}
