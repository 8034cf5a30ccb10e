// The same on Fastify.
import { imgwire } from '@imgwire/fastify';
import fastify from 'fastify';

const app = fastify();
await app.register(imgwire, JSON.parse(process.argv[2] ?? '{}'));
app.post('/single', { preHandler: app.imgwire.single('avatar') }, async ({ images }) => ({ images }));
process.stdout.write(`${await app.listen({ port: 0, host: '127.0.0.1' })}\n`);
