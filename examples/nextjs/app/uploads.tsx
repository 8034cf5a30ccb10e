import { Name } from './name';

/** A file that is on its way, or has failed. */
export interface Upload {
  readonly key: number;
  readonly file: File;
  /** The share that is sent, 0 to 1. */
  readonly sent: number;
  readonly problem?: string | undefined;
}

interface Props {
  readonly uploads: readonly Upload[];
  onRetry(upload: Upload): void;
}

/** The files that are on their way, and those that have failed. */
export function Uploads({ uploads, onRetry }: Props) {
  return (
    <ul aria-label="Uploads">
      {uploads.map((upload) => (
        <li key={upload.key} className="panel">
          <div className="head">
            <Name text={upload.file.name} />
            {upload.problem && (
              <button type="button" className="plain small" onClick={() => onRetry(upload)}>
                Try again
              </button>
            )}
          </div>
          {upload.problem ? (
            <p className="problem">{upload.problem}</p>
          ) : (
            <Progress file={upload.file} sent={upload.sent} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Progress({ file, sent }: Pick<Upload, 'file' | 'sent'>) {
  return (
    <>
      <progress value={sent} aria-label={`Upload of ${file.name}`} />
      <p className="quiet">{sent < 1 ? `${Math.floor(100 * sent)} %` : 'Sent, storing…'}</p>
    </>
  );
}
