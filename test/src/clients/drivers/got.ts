import got12 from 'got12';
import got13 from 'got13';
import got14 from 'got14';
import { webForm } from './form-data.ts';
import type { Send } from './send.ts';

/** What the versions of got have in common. */
interface Got {
  post(
    url: string,
    options: { body: FormData; throwHttpErrors: false; retry: { limit: 0 } },
  ): PromiseLike<{ readonly statusCode: number; readonly body: string }>;
}

const ofGot =
  (got: Got): Send =>
  async (url, parts) => {
    const body = webForm(parts, new FormData());
    const answer = await got.post(url, { body, throwHttpErrors: false, retry: { limit: 0 } });
    return { status: answer.statusCode, text: answer.body };
  };

export const ofGot12 = ofGot(got12 as unknown as Got);
export const ofGot13 = ofGot(got13 as unknown as Got);
export const ofGot14 = ofGot(got14 as unknown as Got);
