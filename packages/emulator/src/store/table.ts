import type { Database } from './database.ts';

/**
 * Records of one kind by id, in the order of their creation. Reads are from memory. Writes resolve once they are durable.
 */
export interface Table<T> {
  get(id: string): T | undefined;
  /** The first with this alias, see {@link createTable}. */
  byAlias(alias: string): T | undefined;
  values(): T[];
  readonly size: number;
  /** Visible at once, durable when the promise resolves. */
  put(id: string, value: T): Promise<void>;
  delete(id: string): Promise<void>;
  /** Fills the working copy from the database. */
  restore(id: string, value: T): void;
  clear(): Promise<void>;
}

/**
 * Creates a table whose rows live under `name/` in the database; `onChange` runs after each change.
 *
 * @param aliasOf by what else a row is found; it does not change
 */
export function createTable<T>(
  name: string,
  database: Database,
  onChange: () => void,
  aliasOf: (value: T) => string | null = () => null,
): Table<T> {
  const rows = new Map<string, T>();
  const ids = new Map<string, string>();
  const set = (id: string, value: T): void => {
    rows.set(id, value);
    const alias = aliasOf(value);
    if (alias !== null && !ids.has(alias)) ids.set(alias, id);
  };
  const keyOf = (id: string): string => `${name}/${id}`;
  return {
    get: (id) => rows.get(id),
    byAlias: (alias) => rows.get(ids.get(alias) ?? ''),
    values: () => [...rows.values()],
    get size() {
      return rows.size;
    },
    put(id, value) {
      // First: what cannot be written must not be seen either.
      const text = JSON.stringify(value);
      set(id, value);
      onChange();
      return database.write([{ type: 'put', key: keyOf(id), value: text }]);
    },
    delete(id) {
      const value = rows.get(id);
      if (value === undefined) return Promise.resolve();
      rows.delete(id);
      const alias = aliasOf(value);
      if (alias !== null && ids.get(alias) === id) ids.delete(alias);
      onChange();
      return database.write([{ type: 'del', key: keyOf(id) }]);
    },
    restore: set,
    clear() {
      const operations = [...rows.keys()].map((id) => ({ type: 'del' as const, key: keyOf(id) }));
      rows.clear();
      ids.clear();
      onChange();
      return database.write(operations);
    },
  };
}
