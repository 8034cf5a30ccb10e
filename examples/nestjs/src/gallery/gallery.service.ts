import { type ImgwireImage, ImgwireService } from '@imgwire/nestjs';
import { ConflictException, Inject, Injectable, NotFoundException } from '@nestjs/common';
import { type Picture, PictureTable } from './picture.table.ts';

/** What can be done with a user's pictures. */
@Injectable()
export class GalleryService {
  constructor(
    @Inject(PictureTable) private readonly table: PictureTable,
    @Inject(ImgwireService) private readonly imgwire: ImgwireService,
  ) {}

  /** An error from here removes the image at Imgwire: see the controller. */
  add(owner: string, title: string, image: ImgwireImage): Picture {
    const url = image.url({ preset: 'medium', format: 'auto' });
    const picture = { id: image.id, owner, title, url };
    if (!this.table.add(picture)) throw new ConflictException('You have a picture of this title.');
    return picture;
  }

  list(owner: string): Picture[] {
    return this.table.of(owner);
  }

  /** First at Imgwire: if that fails the row is still there to try again, and an image that is gone counts as deleted. */
  async remove(owner: string, id: string): Promise<void> {
    if (!this.table.has(id, owner)) throw new NotFoundException();
    await this.imgwire.delete(id);
    this.table.remove(id);
  }
}
