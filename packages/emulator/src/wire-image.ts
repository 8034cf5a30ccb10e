import type { EmulatorImage, ImageEntry } from './image-record.ts';
import type { Service } from './service.ts';

/** The record as the API sends it: all 22 fields, with `cdn_url` at the emulator's current address. */
export function wireImage(service: Service, { record }: ImageEntry): EmulatorImage {
  const { organizationId } = service.state.identity;
  const cdnUrl = `${service.baseUrl()}/${organizationId}/${record.environment_id}/${record.id}`;
  return { ...record, cdn_url: cdnUrl };
}
