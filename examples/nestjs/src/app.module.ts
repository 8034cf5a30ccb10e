import { createImgwireUploadTokenController, ImgwireModule } from '@imgwire/nestjs';
import { Module } from '@nestjs/common';
import { GalleryModule } from './gallery/gallery.module.ts';
import { UserGuard } from './user.guard.ts';

/** The instance uses IMGWIRE_API_KEY from the environment, and is global. */
@Module({
  imports: [ImgwireModule.forRoot({ isGlobal: true }), GalleryModule],
  controllers: [
    createImgwireUploadTokenController({ path: 'api/imgwire/upload-token', guards: [UserGuard] }),
  ],
})
export class AppModule {}
