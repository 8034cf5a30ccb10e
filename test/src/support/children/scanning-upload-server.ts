// Like upload-server.ts, with a scan that reads all bytes and does nothing with them.
import { startUploadServer } from './start-upload-server.ts';

const { url } = await startUploadServer({
  ...JSON.parse(process.argv[2] ?? '{}'),
  scan: async (bytes) => {
    let size = 0;
    for await (const chunk of bytes) size += chunk.length;
    return size > 0;
  },
});
process.stdout.write(`${url}\n`);
