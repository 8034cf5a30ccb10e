import { ImgwireFileInterceptor, type ImgwireImage, UploadedImage } from '@imgwire/nestjs';
import { Body, Controller, Post, UseInterceptors, ValidationPipe } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, Length, Max, Min } from 'class-validator';

export class NewPost {
  @Length(1, 80)
  readonly title!: string;

  @Type(() => Number) // a form has only strings
  @IsInt()
  @Min(1)
  @Max(5)
  readonly rating!: number;
}

@Controller('posts')
export class PostsController {
  @Post()
  @UseInterceptors(ImgwireFileInterceptor('picture', { required: true, discardOnError: true }))
  add(
    @Body(new ValidationPipe({ expectedType: NewPost, transform: true, whitelist: true })) post: NewPost,
    @UploadedImage() picture: ImgwireImage,
  ): NewPost & { readonly picture: string } {
    return { ...post, picture: picture.id };
  }
}
