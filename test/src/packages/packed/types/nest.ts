import {
  AnyImgwireFilesInterceptor,
  createImgwireUploadTokenController,
  type FormSchema,
  getImgwireServiceToken,
  getImgwireToken,
  type Imgwire,
  ImgwireBodyInterceptor,
  type ImgwireErrorCode,
  ImgwireExceptionFilter,
  ImgwireFileFieldsInterceptor,
  ImgwireFileInterceptor,
  ImgwireFilesInterceptor,
  ImgwireHttpException,
  type ImgwireImage,
  ImgwireModule,
  type ImgwireModuleOptions,
  type ImgwireService,
  InjectImgwire,
  InjectImgwireService,
  imgwireApiBody,
  imgwireStorage,
  ParseImagePipe,
  type RequestImgwire,
  UploadedImage,
  UploadedImages,
} from '@imgwire/nestjs';
import {
  Body,
  Controller,
  type DynamicModule,
  Injectable,
  Module,
  Post,
  Req,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';

/** True only where both are the same type; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_True extends true>(): void => undefined;

@Injectable()
export class Images {
  constructor(
    private readonly imgwire: ImgwireService,
    @InjectImgwire() private readonly connection: Imgwire,
    @InjectImgwireService('archive') private readonly archive: ImgwireService,
  ) {}

  async save(bytes: Buffer): Promise<string> {
    const image = await this.imgwire.upload({ file: bytes });
    is<Same<typeof image, ImgwireImage>>();
    const archived = await this.archive.retrieve(image.id).catch((error: unknown): undefined => {
      if (error instanceof ImgwireHttpException) is<Same<typeof error.code, ImgwireErrorCode>>();
      return undefined;
    });
    is<Same<typeof archived, ImgwireImage | undefined>>();
    await this.connection.delete(image.id);
    return image.url({ preset: 'medium' });
  }
}

declare const form: FormSchema<{ title: string }>;

@Controller('images')
@UseFilters(ImgwireExceptionFilter)
export class ImagesController {
  @Post('avatar')
  @UseInterceptors(
    ImgwireFileInterceptor('avatar', { required: true, maxPixels: 20_000_000, discardOnError: true }),
  )
  avatar(
    @UploadedImage('avatar', new ParseImagePipe({ accept: ['image/png'] })) image: ImgwireImage,
  ): string {
    return image.url();
  }

  @Post('body')
  @UseInterceptors(ImgwireBodyInterceptor({ imgwire: 'archive', limits: { fileSize: 1024 } }))
  body(@UploadedImage() image: ImgwireImage): string {
    return image.url();
  }

  @Post('gallery')
  @UseInterceptors(
    ImgwireFilesInterceptor('photos', 5, {
      minWidth: 320,
      onFileError: 'skip',
      scan: async () => 'No pictures today.',
    }),
    AnyImgwireFilesInterceptor(),
  )
  gallery(@UploadedImages() images: ImgwireImage[], @Req() req: { imgwire: RequestImgwire }): string[] {
    return [
      ...images.map(({ id }) => id),
      ...req.imgwire.files.map(({ originalname }) => originalname),
      ...req.imgwire.rejected.map(({ code }) => code),
    ];
  }

  @Post('titled')
  @UseInterceptors(ImgwireFileInterceptor('avatar', { form }))
  titled(@Body() body: { title: string }): string {
    return body.title;
  }

  @Post('both')
  @UseInterceptors(ImgwireFileFieldsInterceptor([{ name: 'avatar', maxCount: 1 }], { imgwire: 'archive' }))
  both(): void {}
}
// @ts-expect-error -- a number it is not
ImgwireFileInterceptor('avatar', { maxPixels: 'many' });
// @ts-expect-error -- a body has no fields
ImgwireBodyInterceptor({ fields: [{ name: 'avatar' }] });
// @ts-expect-error -- the name of no option
ImgwireModule.forRoot({ key: 'sk_1' });

const options: ImgwireModuleOptions = { apiKey: 'sk_1', limits: { fileSize: 1024 } };
const asynchronous = ImgwireModule.forRootAsync({ name: 'archive', useFactory: async () => options });
is<Same<typeof asynchronous, DynamicModule>>();

@Module({
  imports: [ImgwireModule.forRoot({ ...options, isGlobal: true }), asynchronous],
  controllers: [
    ImagesController,
    createImgwireUploadTokenController({ path: 'token', authorize: () => true }),
  ],
  providers: [Images],
})
export class AppModule {}

console.info(
  getImgwireToken(),
  getImgwireServiceToken('archive'),
  imgwireApiBody('avatar'),
  imgwireStorage(options),
);
