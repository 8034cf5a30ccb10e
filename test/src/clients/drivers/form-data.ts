import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import NodeForm from 'form-data';
import { FormDataEncoder } from 'form-data-encoder';
import type { Part } from '../../support/client.ts';
import { type Received, type Send, typeOf } from './send.ts';

/** The form as one of the web, of Node's own classes or of a package that brings its own. */
export function webForm<Form extends Pick<FormData, 'append'>>(parts: readonly Part[], form: Form): Form {
  for (const part of parts) {
    if ('value' in part) form.append(part.name, part.value);
    else form.append(part.name, new Blob([part.bytes], { type: typeOf(part) }), part.fileName);
  }
  return form;
}

/** The form as one of the package form-data, which is a stream. */
export function nodeForm(parts: readonly Part[]): NodeForm {
  const form = new NodeForm();
  for (const part of parts) {
    if ('value' in part) form.append(part.name, part.value);
    else form.append(part.name, part.bytes, { filename: part.fileName, contentType: typeOf(part) });
  }
  return form;
}

const answered = async (incoming: IncomingMessage): Promise<Received> => ({
  status: incoming.statusCode ?? 0,
  text: await text(incoming),
});

const post = async (url: string, headers: Record<string, string>, body: Readable): Promise<Received> => {
  const outgoing = request(url, { method: 'POST', headers });
  body.pipe(outgoing);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return answered(incoming);
};

export const submit: Send = (url, parts) =>
  new Promise((resolve, reject) => {
    nodeForm(parts).submit(url, (error, incoming) => (error ? reject(error) : resolve(answered(incoming))));
  });

export const pipe: Send = (url, parts) => {
  const form = nodeForm(parts);
  return post(url, form.getHeaders(), form);
};

export const encode: Send = (url, parts) => {
  const encoder = new FormDataEncoder(webForm(parts, new FormData()));
  return post(url, { ...encoder.headers }, Readable.from(encoder));
};
