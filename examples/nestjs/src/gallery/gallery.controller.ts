import {
  ApiImgwireProblem,
  ImgwireExceptionFilter,
  ImgwireFileInterceptor,
  type ImgwireImage,
  imgwireApiBody,
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
  ValidationPipe,
} from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiSecurity } from '@nestjs/swagger';
import { User, UserGuard, type UserRequest } from '../user.guard.ts';
import { GalleryService } from './gallery.service.ts';
import { NewPicture } from './new-picture.dto.ts';
import type { Picture } from './picture.table.ts';

// @Inject() and explicit types for the pipe are needed only by runners that emit no type metadata (tsx, vitest).
const newPicture = new ValidationPipe({ expectedType: NewPicture, whitelist: true });

@ApiSecurity('user')
@ApiImgwireProblem()
@Controller('gallery')
@UseGuards(UserGuard)
@UseFilters(ImgwireExceptionFilter)
export class GalleryController {
  constructor(@Inject(GalleryService) private readonly gallery: GalleryService) {}

  /** A form with the file `image` and the text `title`. */
  @Post()
  @ApiConsumes('multipart/form-data')
  @ApiBody(imgwireApiBody({ name: 'image', required: true }, NewPicture))
  @UseInterceptors(
    ImgwireFileInterceptor('image', {
      required: true,
      limits: { fileSize: 10 * 1024 * 1024 },
      metadata: (req: UserRequest) => ({ purpose: 'gallery', customMetadata: { owner: req.user } }),
      // Deletes the image if the pipe rejects the form, or the handler cannot add the row.
      discardOnError: true,
    }),
  )
  add(
    @User() user: string,
    @Body(newPicture) { title }: NewPicture,
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
