// A server in a process of its own, so that its memory and its death can be watched. Options come as JSON.
import { startUploadServer } from './start-upload-server.ts';

const { url } = await startUploadServer(JSON.parse(process.argv[2] ?? '{}'));
process.stdout.write(`${url}\n`);
