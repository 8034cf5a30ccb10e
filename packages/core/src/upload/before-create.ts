import type { Signal } from '../cancellation.ts';
import { untilAborted } from '../service/deadline.ts';
import type { CreateBody } from '../service/service.ts';
import type { Context, CreateCallbacks, CreateIntent } from './context.ts';
import { type CreatedUpload, create } from './create.ts';

/** A created record, and how to say that it needs no one's attention any more. */
export interface CreatedRecord extends CreatedUpload {
  readonly settled?: () => void;
}

/** `beforeCreate` of the user. What fails in it is reported, and fails no upload. */
export function callbacksOf(
  beforeCreate: (intent: CreateIntent) => CreateCallbacks | Promise<CreateCallbacks>,
  report: (context: object, message: string) => void,
): (intent: CreateIntent) => Promise<CreateCallbacks> {
  return async (intent) => {
    let announcement: CreateCallbacks | undefined;
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
      onCreated: (imageId) => void tell(() => announcement?.onCreated(imageId)),
      onSettled: () => void tell(() => announcement?.onSettled()),
    };
  };
}

/** `create`, announced where somebody listens. @throws like create */
export function createAnnounced(
  context: Context,
  body: CreateBody & { readonly idempotency_key: string },
  sharedKey: boolean,
  signal: Signal,
): Promise<CreatedRecord> {
  // Not async: where nobody listens an upload pays nothing.
  if (!context.beforeCreate) return create(context, body, sharedKey, signal);
  const announcement = context.beforeCreate({ idempotencyKey: body.idempotency_key });
  return withCallbacks(announcement, signal, () => create(context, body, sharedKey, signal));
}

async function withCallbacks(
  announcement: Promise<CreateCallbacks>,
  signal: Signal,
  createRecord: () => Promise<CreatedUpload>,
): Promise<CreatedRecord> {
  try {
    const { onCreated: created, onSettled: settled } = await untilAborted(signal, () => announcement);
    const record = await createRecord();
    created(record.image.id);
    const undo = (): Promise<void> => record.rollback().then(settled);
    return { ...record, rollback: undo, settled };
  } catch (error) {
    void announcement.then(({ onSettled: settled }) => settled());
    throw error;
  }
}
