'use client';

import { useActionState } from 'react';
import { deleteImage } from './actions';

/** A button that deletes an image, and says why if it cannot. */
export function DeleteButton({ id, name }: { readonly id: string; readonly name: string }) {
  const [problem, action, pending] = useActionState(() => deleteImage(id), undefined);
  return (
    <form action={action}>
      <button type="submit" className="plain small" disabled={pending} aria-label={`Delete ${name}`}>
        Delete
      </button>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
