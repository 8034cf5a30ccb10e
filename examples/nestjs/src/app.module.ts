import { createImgwireTokenController, ImgwireModule } from '@imgwire/nestjs';
import { Module } from '@nestjs/common';
import { GalleryModule } from './gallery/gallery.module.ts';
import { UserGuard } from './user.guard.ts';

/** The connection is made from IMGWIRE_API_KEY in the environment, and every module has it. */
@Module({
  imports: [ImgwireModule.forRoot({ isGlobal: true }), GalleryModule],
  controllers: [createImgwireTokenController({ path: 'api/imgwire/upload-token', guards: [UserGuard] })],
})
export class AppModule {}
