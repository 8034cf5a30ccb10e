import { once } from 'node:events';
import { startEmulator } from '@imgwire/emulator';
import { ImgwireExceptionFilter, ImgwireModule, ImgwireService } from '@imgwire/nestjs';
import { Inject, UseFilters } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { io } from 'socket.io-client';
import { expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { createNest, listenNest } from './nest-app.ts';

@WebSocketGateway()
@UseFilters(ImgwireExceptionFilter)
class AvatarGateway {
  constructor(@Inject(ImgwireService) private readonly imgwire: ImgwireService) {}

  @SubscribeMessage('avatar')
  async avatar(@MessageBody() bytes: Buffer): Promise<string> {
    return (await this.imgwire.upload({ file: bytes, fileName: 'a.png' })).id;
  }
}

it('a gateway answers a failure as an exception event with its code', async () => {
  const emulator = await startEmulator();
  const app = await createNest(
    {
      imports: [ImgwireModule.forRoot({ apiKey: emulator.apiKey, baseUrl: emulator.url })],
      providers: [AvatarGateway],
    },
    new ExpressAdapter(),
  );
  const client = io(await listenNest(app), { transports: ['websocket'] });
  const id: unknown = await client.emitWithAck('avatar', await image('image/png'));
  expect(emulator.images.list()).toMatchObject([{ id }]);
  const exception = once(client as never, 'exception');
  client.emit('avatar', Buffer.from('no image'));
  expect(await exception).toMatchObject([
    { code: 'UNSUPPORTED_IMAGE_TYPE', status: 415, message: expect.stringContaining('not an image') },
  ]);
  client.close();
  await app.close();
  await emulator.close();
});
