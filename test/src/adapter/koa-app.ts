import Koa from 'koa';
import { imgwireErrors, imgwireUpload } from './koa-imgwire.ts';

export const app = new Koa();
const upload = imgwireUpload(); // IMGWIRE_API_KEY from the environment

app.use(imgwireErrors);
app.use(upload.single('avatar', { required: true }));
app.use((ctx) => {
  ctx.body = { id: ctx.image?.id, fields: ctx.request.body };
});
