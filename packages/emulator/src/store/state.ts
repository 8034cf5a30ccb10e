import { randomBytes, randomUUID } from 'node:crypto';
import type { ImageEntry } from '../image-record.ts';
import type { ResolvedOptions } from '../options.ts';
import type { ByteStore } from './byte-store.ts';
import { createMemoryDatabase, type Database, openFolderDatabase } from './database.ts';
import { openFolderByteStore } from './folder-byte-store.ts';
import { createMemoryByteStore } from './memory-byte-store.ts';
import type { CorsOrigin, CustomDomain, DownloadJob, UploadToken } from './records.ts';
import { createTable, type Table } from './table.ts';

/**
 * The identity of this Imgwire: one organization, one Environment, its keys, and the secret that signs upload URLs.
 */
export interface Identity {
  readonly organizationId: string;
  readonly environmentId: string;
  readonly apiKey: string;
  readonly clientKey: string;
  readonly signingSecret: string;
}

/** The state of the emulator, which a restart on the same folder restores. */
export interface State {
  readonly identity: Identity;
  readonly images: Table<ImageEntry>;
  readonly tokens: Table<UploadToken>;
  readonly corsOrigins: Table<CorsOrigin>;
  readonly customDomain: Table<CustomDomain>;
  readonly downloads: Table<DownloadJob>;
  readonly bytes: ByteStore;
  /** Sequence number of the next record. */
  nextPosition(): number;
  /** Clears everything but the identity. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the state in `options.dir`, or creates an empty one in memory. */
export async function openState(options: ResolvedOptions, onChange: () => void): Promise<State> {
  const database = options.dir ? await openFolderDatabase(options.dir) : createMemoryDatabase();
  const bytes = options.dir ? await openFolderByteStore(options.dir) : createMemoryByteStore();
  const identities = createTable<Identity>('identity', database, onChange);
  const tables = {
    // By its key a record is found at each create call.
    images: createTable<ImageEntry>('images', database, onChange, ({ record }) => record.idempotency_key),
    tokens: createTable<UploadToken>('tokens', database, onChange),
    corsOrigins: createTable<CorsOrigin>('corsOrigins', database, onChange),
    customDomain: createTable<CustomDomain>('customDomain', database, onChange),
    downloads: createTable<DownloadJob>('downloads', database, onChange),
  };
  await restore(database, { ...tables, identity: identities });
  const identity = createIdentity(options, identities.get('self'));
  await identities.put('self', identity);
  await bytes.keepOnly(new Set(tables.images.values().flatMap(({ stored }) => stored?.key ?? [])));
  let position = tables.images.values().at(-1)?.position ?? 0;
  return {
    identity,
    ...tables,
    bytes,
    nextPosition: () => ++position,
    async clear() {
      await Promise.all(Object.values(tables).map((table) => table.clear()));
      await bytes.keepOnly(new Set());
    },
    close: () => database.close(),
  };
}

/**
 * Rows are loaded in the order of their keys, which are random; this restores the order of creation.
 */
async function restore(
  database: Database,
  tables: Record<string, Pick<Table<never>, 'restore'>>,
): Promise<void> {
  const rows = (await database.load()).map(([key, value]) => ({
    key,
    value: JSON.parse(value) as RestoredRow,
  }));
  rows.sort((a, b) => placeOf(a.value) - placeOf(b.value));
  for (const { key, value } of rows) {
    const [name, id] = key.split('/');
    if (name && id) tables[name]?.restore(id, value as never);
  }
}

interface RestoredRow {
  readonly position?: number;
  readonly created_at?: string;
}

/** Rows are only compared within their own table, where all have a position or none has. */
function placeOf(row: RestoredRow): number {
  return row.position ?? Date.parse(row.created_at ?? '1970-01-01');
}

/** Keys given as options win; others stay as generated on the first start of a folder. */
function createIdentity(options: ResolvedOptions, kept: Identity | undefined): Identity {
  return {
    organizationId: kept?.organizationId ?? randomUUID(),
    environmentId: kept?.environmentId ?? randomUUID(),
    signingSecret: kept?.signingSecret ?? randomBytes(32).toString('hex'),
    apiKey: options.apiKey ?? kept?.apiKey ?? `sk_${randomBytes(18).toString('base64url')}`,
    clientKey: options.clientKey ?? kept?.clientKey ?? `ck_${randomBytes(18).toString('base64url')}`,
  };
}
