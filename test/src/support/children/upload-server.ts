// A server in its own process, so that its memory and its exit can be observed. Options are passed as JSON.
import { startUploadServer } from './start-upload-server.ts';

const { url } = await startUploadServer(JSON.parse(process.argv[2] ?? '{}'));
process.stdout.write(`${url}\n`);
