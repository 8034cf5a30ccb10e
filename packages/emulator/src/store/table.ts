import type { Database } from './database.ts';

/**
 * Records of one kind by id, in order of first insertion. Reads are from memory; writes resolve once they
 * are durable.
 */
export interface Table<T> {
  get(id: string): T | undefined;
  values(): T[];
  readonly size: number;
  /** Visible at once, durable when the promise resolves. */
  put(id: string, value: T): Promise<void>;
  delete(id: string): Promise<void>;
  /** Fills the working copy from the database. */
  restore(id: string, value: T): void;
  clear(): Promise<void>;
}

/** Creates a table whose rows live under `name/` in the database; `onChange` runs after each change. */
export function createTable<T>(name: string, database: Database, onChange: () => void): Table<T> {
  const rows = new Map<string, T>();
  const keyOf = (id: string): string => `${name}/${id}`;
  return {
    get: (id) => rows.get(id),
    values: () => [...rows.values()],
    get size() {
      return rows.size;
    },
    put(id, value) {
      rows.set(id, value);
      onChange();
      return database.write([{ type: 'put', key: keyOf(id), value: JSON.stringify(value) }]);
    },
    delete(id) {
      if (!rows.delete(id)) return Promise.resolve();
      onChange();
      return database.write([{ type: 'del', key: keyOf(id) }]);
    },
    restore: (id, value) => void rows.set(id, value),
    clear() {
      const operations = [...rows.keys()].map((id) => ({ type: 'del' as const, key: keyOf(id) }));
      rows.clear();
      onChange();
      return database.write(operations);
    },
  };
}
