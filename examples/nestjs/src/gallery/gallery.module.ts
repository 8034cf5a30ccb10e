import { Module } from '@nestjs/common';
import { GalleryController } from './gallery.controller.ts';
import { GalleryService } from './gallery.service.ts';
import { PictureTable } from './picture.table.ts';

/** Pictures and their owners. */
@Module({ controllers: [GalleryController], providers: [GalleryService, PictureTable] })
export class GalleryModule {}
