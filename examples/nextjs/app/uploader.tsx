'use client';

import { useRouter } from 'next/navigation';
import { type ReactNode, useState } from 'react';
import sample from '../../demo/lake.jpg';
import { Happened } from './happened';
import { type Step, uploadDirectly, uploadThroughApp } from './upload';
import { type Upload, Uploads } from './uploads';

interface Props {
  readonly signedIn: boolean;
  /** The images that are there. */
  readonly children: ReactNode;
}

let lastKey = 0;

/** Uploads picked files in either way, shows those that are in flight or have failed, and what the last one did. */
export function Uploader({ signedIn, children }: Props) {
  const router = useRouter();
  const [direct, setDirect] = useState(false);
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const [news, setNews] = useState('');

  const change = (key: number, to: Partial<Upload>): void =>
    setUploads((all) => all.map((upload) => (upload.key === key ? { ...upload, ...to } : upload)));

  const start = async ({ key, file }: Upload): Promise<void> => {
    change(key, { sent: 0, problem: undefined });
    try {
      const send = direct ? uploadDirectly : uploadThroughApp;
      setSteps(await send(file, ({ loaded, total }) => change(key, { sent: total && loaded / total })));
      setUploads((all) => all.filter((other) => other.key !== key));
      setNews(`${file.name} is stored.`);
      router.refresh();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      change(key, { problem });
      setNews(`${file.name} failed: ${problem}`);
    }
  };

  const upload = (file: File): void => {
    lastKey += 1;
    const added = { key: lastKey, file, sent: 0 };
    setUploads((all) => [added, ...all]);
    void start(added);
  };

  const uploadSample = async (): Promise<void> => {
    const bytes = await (await fetch(sample.src)).blob();
    upload(new File([bytes], 'lake.jpg', { type: bytes.type }));
  };

  return (
    <div className="columns">
      <section aria-label="Upload">
        <Ways direct={direct} setDirect={setDirect} />
        <Choice signedIn={signedIn} upload={upload} uploadSample={uploadSample} />
        <p className="unseen" role="status">
          {news}
        </p>
        <Uploads uploads={uploads} onRetry={(failed) => void start(failed)} />
        {children}
      </section>
      <Happened steps={steps} />
    </div>
  );
}

function Ways({ direct, setDirect }: { readonly direct: boolean; setDirect(direct: boolean): void }) {
  return (
    <fieldset className="panel">
      <legend>Send images</legend>
      <label>
        <input type="radio" name="way" checked={!direct} onChange={() => setDirect(false)} /> through this app
      </label>
      <label>
        <input type="radio" name="way" checked={direct} onChange={() => setDirect(true)} /> straight to
        Imgwire
      </label>
    </fieldset>
  );
}

interface ChoiceProps {
  readonly signedIn: boolean;
  upload(file: File): void;
  uploadSample(): Promise<void>;
}

function Choice({ signedIn, upload, uploadSample }: ChoiceProps) {
  return (
    <div className="panel pick">
      <label>
        <input
          id="files"
          type="file"
          className="unseen"
          multiple
          accept="image/*,.heic,.jxl"
          aria-describedby="hint"
          disabled={!signedIn}
          onChange={({ target }) => {
            for (const file of target.files ?? []) upload(file);
            // The same file can be picked again.
            target.value = '';
          }}
        />
        <span className="pick-title">Choose images</span>
      </label>
      <p id="hint" className="quiet">
        {signedIn ? 'one or more at once' : 'You are signed out. Sign in to upload.'}
      </p>
      <button
        type="button"
        className="plain small"
        disabled={!signedIn}
        // A double click asks for it once.
        onClick={({ detail }) => void (detail < 2 && uploadSample())}
      >
        Use a sample picture
      </button>
    </div>
  );
}
