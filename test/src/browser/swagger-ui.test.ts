import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  ImgwireFileInterceptor,
  type ImgwireImage,
  ImgwireModule,
  imgwireApiBody,
  UploadedImage,
} from '@imgwire/nestjs';
import { Body, Controller, type INestApplication, Post, UseInterceptors } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { ApiBody, ApiConsumes, ApiProperty, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNest, listenNest } from '../nest/nest-app.ts';
import { image } from '../support/images.ts';
import { launchBrowser } from './browser.ts';
import { picked } from './browser-files.ts';

class CaptionDto {
  @ApiProperty({ type: String })
  readonly caption = '';
}

@Controller('photos')
class PhotoController {
  @Post()
  @ApiConsumes('multipart/form-data')
  @ApiBody(imgwireApiBody({ name: 'photo', required: true }, CaptionDto))
  @UseInterceptors(ImgwireFileInterceptor('photo', { required: true }))
  save(@UploadedImage() photo: ImgwireImage, @Body() { caption }: CaptionDto): object {
    return { id: photo.id, caption };
  }
}

describe('Swagger UI of a Nest application, in Chromium', () => {
  let emulator: Emulator;
  let app: INestApplication;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    emulator = await startEmulator();
    const imports = [ImgwireModule.forRoot({ apiKey: emulator.apiKey, baseUrl: emulator.url })];
    app = await createNest({ imports, controllers: [PhotoController] }, new ExpressAdapter());
    SwaggerModule.setup('api', app, () => SwaggerModule.createDocument(app, new DocumentBuilder().build()));
    const url = await listenNest(app);
    browser = await launchBrowser();
    page = await browser.newPage();
    await page.goto(`${url}/api`);
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
    await emulator.close();
  });

  it('uploads the file that is picked, with the text beside it', async () => {
    const bytes = await image('image/png');
    const operation = page.locator('.opblock-post');
    await operation.getByRole('button', { name: 'POST /photos', exact: true }).click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    const row = (name: string): Locator => operation.getByRole('row').filter({ hasText: name });
    await row('photo')
      .locator('input[type=file]')
      .setInputFiles(picked({ name: 'lake.png', type: 'image/png', bytes }));
    await row('caption').getByRole('textbox').fill('A lake');
    await operation.getByRole('button', { name: 'Execute' }).click();

    const response = operation.locator('.live-responses-table .response');
    await response.waitFor();
    expect(await response.locator('.response-col_status').textContent()).toMatch(/^201/);
    const [record] = emulator.images.list();
    const shown = JSON.parse((await response.locator('.microlight, code').first().textContent()) ?? '');
    expect(shown).toEqual({ id: record?.id, caption: 'A lake' });
    expect(record?.original_filename).toBe('lake.png');
    expect(await emulator.images.bytes(String(record?.id))).toEqual(bytes);
    emulator.assertNothingPending();
  });
});
