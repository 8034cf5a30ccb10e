import { type ImgwireImage, ImgwireService } from '@imgwire/nestjs';
import { ConflictException, Inject, Injectable, NotFoundException } from '@nestjs/common';
import { type Picture, PictureTable } from './picture.table.ts';

/** Operations on a user's pictures. */
@Injectable()
export class GalleryService {
  constructor(
    @Inject(PictureTable) private readonly table: PictureTable,
    @Inject(ImgwireService) private readonly imgwire: ImgwireService,
  ) {}

  /** If this fails, the image at Imgwire is deleted: see `discardOnError` in the controller. */
  add(owner: string, title: string, image: ImgwireImage): Picture {
    const url = image.url({ preset: 'medium', format: 'auto', quality: 'auto' });
    const picture = { id: image.id, owner, title, url };
    if (!this.table.add(picture)) throw new ConflictException('You have a picture of this title.');
    return picture;
  }

  list(owner: string): Picture[] {
    return this.table.of(owner);
  }

  /** Deletes at Imgwire first: if that fails, the row remains for a retry. A missing image counts as deleted. */
  async remove(owner: string, id: string): Promise<void> {
    if (!this.table.has(id, owner)) throw new NotFoundException();
    await this.imgwire.delete(id);
    this.table.remove(id);
  }
}
