import { createImgwire, toImgwireError } from '@imgwire/core';
import Koa from 'koa';

const imgwire = createImgwire();
const receive = imgwire.receiver({ fields: [{ name: 'avatar', maxCount: 1, required: true }] });

export const app = new Koa();

app.use(async (ctx) => {
  try {
    const { files } = await receive(ctx.req, ctx.res);
    ctx.body = files[0]?.image;
  } catch (error) {
    const known = toImgwireError(error);
    if (!known) throw error;
    ctx.status = known.status;
    ctx.set({ ...known.headers, 'Content-Type': 'application/problem+json' });
    ctx.body = JSON.stringify(known);
  }
});
