import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import Database from 'libsql';

/** A row: an image with its owner and title. */
export interface Picture {
  /** The id of the image at Imgwire. */
  readonly id: string;
  readonly owner: string;
  readonly title: string;
  readonly url: string;
}

/** The table of pictures, in SQLite. */
@Injectable()
export class PictureTable implements OnApplicationShutdown {
  readonly #database = new Database(process.env['GALLERY_DATABASE'] ?? 'gallery.db');

  constructor() {
    this.#database.exec(
      `CREATE TABLE IF NOT EXISTS picture (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL, UNIQUE (owner, title)
      )`,
    );
  }

  /** Whether the row was added: titles are unique per owner. */
  add({ id, owner, title, url }: Picture): boolean {
    const { changes } = this.#database
      .prepare('INSERT INTO picture (id, owner, title, url) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(id, owner, title, url);
    return changes === 1;
  }

  of(owner: string): Picture[] {
    return this.#database
      .prepare('SELECT id, owner, title, url FROM picture WHERE owner = ? ORDER BY title')
      .all(owner) as Picture[];
  }

  has(id: string, owner: string): boolean {
    return this.of(owner).some((picture) => picture.id === id);
  }

  remove(id: string): void {
    this.#database.prepare('DELETE FROM picture WHERE id = ?').run(id);
  }

  onApplicationShutdown(): void {
    this.#database.close();
  }
}
