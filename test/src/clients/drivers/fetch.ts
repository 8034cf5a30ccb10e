import ky from 'ky';
import nodeFetch2 from 'node-fetch2';
import nodeFetch3, { FormData as NodeFetchForm } from 'node-fetch3';
import * as undici7 from 'undici';
import * as undici5 from 'undici5';
import * as undici6 from 'undici6';
import { nodeForm, webForm } from './form-data.ts';
import { received, type Send } from './send.ts';

type Undici = Pick<typeof undici7, 'fetch' | 'FormData'>;

export const ofNode: Send = async (url, parts) =>
  received(await fetch(url, { method: 'POST', body: webForm(parts, new FormData()) }));

const ofUndici =
  ({ fetch, FormData }: Undici): Send =>
  async (url, parts) =>
    received(await fetch(url, { method: 'POST', body: webForm(parts, new FormData()) }));

export const ofUndici5 = ofUndici(undici5 as unknown as Undici);
export const ofUndici6 = ofUndici(undici6 as unknown as Undici);
export const ofUndici7 = ofUndici(undici7);

export const ofKy: Send = async (url, parts) =>
  received(await ky.post(url, { body: webForm(parts, new FormData()), throwHttpErrors: false, retry: 0 }));

export const nodeFetchWithFormData: Send = async (url, parts) =>
  received(await nodeFetch2(url, { method: 'POST', body: nodeForm(parts) }));

export const nodeFetch: Send = async (url, parts) =>
  received(await nodeFetch3(url, { method: 'POST', body: webForm(parts, new NodeFetchForm()) }));
