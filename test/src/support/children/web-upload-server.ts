// The same over web requests.
import { createServer } from 'node:http';
import { imgwireUpload } from '@imgwire/web';
import { listen } from '../listen.ts';
import { webListener } from '../web-listener.ts';

const upload = imgwireUpload(JSON.parse(process.argv[2] ?? '{}')).single('avatar');
const handle = upload.handler(({ images }) => Response.json({ images }));
process.stdout.write(`${await listen(createServer(webListener(handle)))}\n`);
