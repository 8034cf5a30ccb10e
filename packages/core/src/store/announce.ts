import type { Signal } from '../base/cancellation.ts';
import { untilAborted } from '../service/deadline.ts';
import type { CreateBody } from '../service/service.ts';
import type { Announcement, Connection, CreateIntent } from './connection.ts';
import { type Created, create } from './create.ts';

/** A created record, and how to say that it needs no one's attention any more. */
export interface AnnouncedRecord extends Created {
  readonly settled?: () => void;
}

/** `beforeCreate` of the user. What fails in it is reported, and fails no upload. */
export function announcer(
  beforeCreate: (intent: CreateIntent) => Announcement | Promise<Announcement>,
  report: (context: object, message: string) => void,
): (intent: CreateIntent) => Promise<Announcement> {
  return async (intent) => {
    let announcement: Announcement | undefined;
    const tell = async (call: () => unknown): Promise<void> => {
      try {
        await call();
      } catch (err) {
        report({ ...intent, err }, 'beforeCreate failed');
      }
    };
    await tell(async () => {
      announcement = await beforeCreate(intent);
    });
    return {
      created: (imageId) => void tell(() => announcement?.created(imageId)),
      settled: () => void tell(() => announcement?.settled()),
    };
  };
}

/** `create`, announced where somebody listens. @throws like create */
export function announced(
  connection: Connection,
  body: CreateBody & { readonly idempotency_key: string },
  sharedKey: boolean,
  signal: Signal,
): Promise<AnnouncedRecord> {
  // Not async: where nobody listens an upload pays nothing.
  if (!connection.beforeCreate) return create(connection, body, sharedKey, signal);
  const announcement = connection.beforeCreate({ idempotencyKey: body.idempotency_key });
  return announcing(announcement, signal, () => create(connection, body, sharedKey, signal));
}

async function announcing(
  announcement: Promise<Announcement>,
  signal: Signal,
  createRecord: () => Promise<Created>,
): Promise<AnnouncedRecord> {
  try {
    const { created, settled } = await untilAborted(signal, () => announcement);
    const record = await createRecord();
    created(record.image.id);
    const undo = (): Promise<void> => record.undo().then(settled);
    return { ...record, undo, settled };
  } catch (error) {
    void announcement.then(({ settled }) => settled());
    throw error;
  }
}
