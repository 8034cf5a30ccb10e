import { randomUUID } from 'node:crypto';
import { type Call, param } from '../http/call.ts';
import { notFound } from '../http/errors.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import type { DownloadJob } from '../store/records.ts';
import { zipImages } from '../zip-images.ts';

/** Jobs that put the originals of many images into one zip file, and that file. */
export const DOWNLOAD_ROUTES: readonly Route[] = [
  {
    name: 'create_download',
    method: 'POST',
    path: '/api/v1/images/downloads',
    access: 'server',
    body: { image_ids: { type: 'uuids', required: true, min: 1 } },
    handle: createJob,
  },
  {
    name: 'retrieve_download',
    method: 'GET',
    path: '/api/v1/images/downloads/{image_download_job_id}',
    uuids: ['image_download_job_id'],
    access: 'server',
    handle: (call) => json(wireJob(call, findJob(call))),
  },
  {
    name: 'download',
    method: 'GET',
    path: '/downloads/{image_download_job_id}',
    access: 'public',
    handle: sendZip,
  },
];

async function createJob(call: Call): Promise<HttpResponse> {
  const { identity, images, downloads } = call.service.state;
  const ids = (call.body as { image_ids: string[] }).image_ids.map((id) => id.toLowerCase());
  if (!ids.every((id) => images.get(id))) throw notFound();
  const now = new Date().toISOString();
  const job: DownloadJob = {
    id: randomUUID(),
    environment_id: identity.environmentId,
    image_ids: ids,
    created_at: now,
    updated_at: now,
  };
  await downloads.put(job.id, job);
  return json(wireJob(call, job));
}

/** The state of a job is derived from the clock, so that there is nothing to resume after a restart. */
function wireJob(call: Call, job: DownloadJob): object {
  const { options, baseUrl } = call.service;
  const age = Date.now() - Date.parse(job.created_at);
  const status =
    age >= options.readyDelayMs ? 'READY' : age >= options.readyDelayMs / 2 ? 'PROCESSING' : 'PENDING';
  return { ...job, status, download_url: status === 'READY' ? `${baseUrl()}/downloads/${job.id}` : null };
}

function findJob(call: Call): DownloadJob {
  const job = call.service.state.downloads.get(param(call, 'image_download_job_id').toLowerCase());
  if (!job) throw notFound();
  return job;
}

function sendZip(call: Call): HttpResponse {
  const { state } = call.service;
  const ids = new Set(findJob(call).image_ids);
  const entries = [...ids].flatMap((id) => state.images.get(id) ?? []);
  return {
    status: 200,
    headers: {
      'content-type': 'application/zip',
      'content-disposition': 'attachment; filename="images.zip"',
    },
    body: zipImages(entries, state.bytes),
  };
}
