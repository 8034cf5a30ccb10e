'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { uploadDirectly, uploadThroughApp } from './upload';

interface Upload {
  readonly key: number;
  readonly name: string;
  /** The share that is sent, 0 to 1. */
  readonly sent: number;
  readonly problem?: string;
}

let lastKey = 0;

/** Uploads picked files in either way, and shows those that are in flight or have failed. */
export function Uploader() {
  const router = useRouter();
  const [direct, setDirect] = useState(false);
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const [news, setNews] = useState('');

  const change = (key: number, to: Partial<Upload>): void =>
    setUploads((all) => all.map((upload) => (upload.key === key ? { ...upload, ...to } : upload)));

  const upload = async (file: File): Promise<void> => {
    lastKey += 1;
    const key = lastKey;
    const onProgress = (sent: number): void => change(key, { sent });
    setUploads((all) => [{ key, name: file.name, sent: 0 }, ...all]);
    try {
      await (direct ? uploadDirectly : uploadThroughApp)(file, onProgress);
      setUploads((all) => all.filter((other) => other.key !== key));
      setNews(`${file.name} is stored.`);
      router.refresh();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      change(key, { problem });
      setNews(`${file.name} failed: ${problem}`);
    }
  };

  return (
    <section aria-label="Upload">
      <fieldset className="panel">
        <legend>Send images</legend>
        <label>
          <input type="radio" name="way" checked={!direct} onChange={() => setDirect(false)} /> through this
          app
        </label>
        <label>
          <input type="radio" name="way" checked={direct} onChange={() => setDirect(true)} /> straight to
          Imgwire
        </label>
      </fieldset>
      <label className="panel pick">
        Choose images
        <input
          id="files"
          type="file"
          className="unseen"
          multiple
          accept="image/*,.heic,.jxl"
          onChange={({ target }) => {
            for (const file of target.files ?? []) void upload(file);
            // The same file can be picked again.
            target.value = '';
          }}
        />
      </label>
      <p className="unseen" role="status">
        {news}
      </p>
      <ul aria-label="Uploads">
        {uploads.map(({ key, name, sent, problem }) => (
          <li key={key} className="panel">
            <span className="name">{name}</span>
            {problem ? (
              <p className="problem">{problem}</p>
            ) : (
              <progress value={sent} aria-label={`Upload of ${name}`} />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
