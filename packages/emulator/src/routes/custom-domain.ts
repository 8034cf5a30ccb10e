import { randomUUID } from 'node:crypto';
import type { Call } from '../http/call.ts';
import { domainError, notFound, validationError } from '../http/errors.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import type { CustomDomain } from '../store/records.ts';

const DOMAIN = { name: 'custom_domain', path: '/api/v1/custom_domain/', access: 'server' } as const;

/** The one custom domain of the Environment. Without DNS lookups: a test of the connection always succeeds. */
export const CUSTOM_DOMAIN_ROUTES: readonly Route[] = [
  { ...DOMAIN, method: 'GET', handle: (call) => json(findDomain(call)) },
  { ...DOMAIN, method: 'POST', body: { hostname: { type: 'string', required: true } }, handle: createDomain },
  { ...DOMAIN, method: 'DELETE', handle: deleteDomain },
  { ...DOMAIN, method: 'POST', path: '/api/v1/custom_domain/test_connection', handle: testConnection },
];

/** At least three labels: the service accepts subdomains only, without scheme, port or path. */
const SUBDOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.){2,}[a-z]{2,63}$/i;

async function createDomain(call: Call): Promise<HttpResponse> {
  const { identity, customDomain } = call.service.state;
  const { hostname } = call.body as { hostname: string };
  if (!SUBDOMAIN.test(hostname)) {
    const msg = 'Give a subdomain such as images.example.com, without scheme, port or path';
    throw validationError([{ loc: ['body', 'hostname'], msg, type: 'value_error' }]);
  }
  if (customDomain.get('self')) {
    throw domainError(409, 'ResourceConflictError', 'This Environment has a custom domain already.');
  }
  const domain = newDomain(hostname.toLowerCase(), identity.environmentId);
  await customDomain.put('self', domain);
  return json(domain);
}

function newDomain(hostname: string, environmentId: string): CustomDomain {
  const id = randomUUID();
  const now = new Date().toISOString();
  return {
    id,
    environment_id: environmentId,
    hostname,
    cname_record: hostname,
    cname_value: 'cdn-proxy.imgwire.dev',
    dcv_cname_record: `_acme-challenge.${hostname}`,
    dcv_cname_value: `${id}.dcv.example`,
    certificate_status: 'PENDING',
    status: 'PENDING',
    last_verified_at: null,
    created_at: now,
    updated_at: now,
  };
}

async function testConnection(call: Call): Promise<HttpResponse> {
  const now = new Date().toISOString();
  const domain: CustomDomain = {
    ...findDomain(call),
    status: 'CONNECTED',
    certificate_status: 'ACTIVE',
    last_verified_at: now,
    updated_at: now,
  };
  await call.service.state.customDomain.put('self', domain);
  return json(domain);
}

async function deleteDomain(call: Call): Promise<HttpResponse> {
  findDomain(call);
  await call.service.state.customDomain.delete('self');
  return json({ status: 'deleted' });
}

function findDomain(call: Call): CustomDomain {
  const domain = call.service.state.customDomain.get('self');
  if (!domain) throw notFound();
  return domain;
}
