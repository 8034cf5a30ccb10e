import type { Signal } from '../cancellation.ts';
import { untilAborted } from '../service/deadline.ts';
import type { CreateBody } from '../service/service.ts';
import type { Context, CreateCallbacks, CreateIntent } from './context.ts';
import { create } from './create.ts';
import type { CreatedUpload } from './created-upload.ts';

/** A created record, and what to call when it is settled. */
export interface CreatedRecord extends CreatedUpload {
  readonly settled?: () => void;
}

/** Wraps the user's `beforeCreate`: what fails in it is reported, and fails no upload. */
export function callbacksOf(
  beforeCreate: (intent: CreateIntent) => CreateCallbacks | Promise<CreateCallbacks>,
  report: (context: object, message: string) => void,
): (intent: CreateIntent) => Promise<CreateCallbacks> {
  return async (intent) => {
    let callbacks: CreateCallbacks | undefined;
    const tell = async (call: () => unknown): Promise<void> => {
      try {
        await call();
      } catch (err) {
        report({ ...intent, err }, 'beforeCreate failed');
      }
    };
    await tell(async () => {
      callbacks = await beforeCreate(intent);
    });
    return {
      onCreated: (imageId) => void tell(() => callbacks?.onCreated(imageId)),
      onSettled: () => void tell(() => callbacks?.onSettled()),
    };
  };
}

/** Creates a record, with the user's `beforeCreate` around it. @throws as {@link create} */
export function createWithCallbacks(
  context: Context,
  body: CreateBody & { readonly idempotency_key: string },
  sharedKey: boolean,
  signal: Signal,
): Promise<CreatedRecord> {
  // Not async: without `beforeCreate` this allocates no promise.
  if (!context.beforeCreate) return createRecord(context, body, sharedKey, signal);
  const callbacks = context.beforeCreate({ idempotencyKey: body.idempotency_key });
  return withCallbacks(callbacks, signal, () => createRecord(context, body, sharedKey, signal));
}

/** Creates a record, which other uploads of this process may have too if its key is the user's. */
function createRecord(
  context: Context,
  body: CreateBody,
  sharedKey: boolean,
  signal: Signal,
): Promise<CreatedUpload> {
  const call = (): Promise<CreatedUpload> => create(context, body, sharedKey, signal);
  return sharedKey ? context.sharedRecords.create(call) : call();
}

async function withCallbacks(
  callbacks: Promise<CreateCallbacks>,
  signal: Signal,
  createRecord: () => Promise<CreatedUpload>,
): Promise<CreatedRecord> {
  try {
    const { onCreated, onSettled } = await untilAborted(signal, () => callbacks);
    const record = await createRecord();
    onCreated(record.image.id);
    return {
      ...record,
      rollback: (isReplaced) => record.rollback(isReplaced).then(onSettled),
      settled: onSettled,
    };
  } catch (error) {
    void callbacks.then(({ onSettled }) => onSettled());
    throw error;
  }
}
