import {
  ImgwireExceptionFilter,
  ImgwireFileInterceptor,
  type ImgwireImage,
  UploadedImage,
} from '@imgwire/nestjs';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { User, UserGuard, type UserRequest } from '../user.guard.ts';
import { GalleryService } from './gallery.service.ts';
import type { Picture } from './picture.table.ts';

// Every dependency is named with @Inject(), so that runners that emit no type metadata (tsx, vitest) run this as well.
@Controller('gallery')
@UseGuards(UserGuard)
@UseFilters(ImgwireExceptionFilter)
export class GalleryController {
  constructor(@Inject(GalleryService) private readonly gallery: GalleryService) {}

  /** A form with the file `image` and the text `title`. */
  @Post()
  @UseInterceptors(
    ImgwireFileInterceptor('image', {
      required: true,
      limits: { fileSize: 10 * 1024 * 1024 },
      metadata: (req: UserRequest) => ({ purpose: 'gallery', customMetadata: { owner: req.user } }),
      // What the handler cannot put into the table is not to stay at Imgwire either.
      discardOnError: true,
    }),
  )
  add(
    @User() user: string,
    @Body('title') title: string | undefined,
    @UploadedImage() image: ImgwireImage,
  ): Picture {
    return this.gallery.add(user, title, image);
  }

  @Get()
  list(@User() user: string): Picture[] {
    return this.gallery.list(user);
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@User() user: string, @Param('id') id: string): Promise<void> {
    await this.gallery.remove(user, id);
  }
}
