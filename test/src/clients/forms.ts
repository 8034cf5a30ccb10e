import type { Part } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';

const MIB = 1024 * 1024;
const small = await imageOfSize('image/png', 5000);
const large = await imageOfSize('image/jpeg', 3 * MIB);

const field = (name: string, value: string): Part => ({ name, value });
const png = (name: string, fileName: string): Part => ({ name, fileName, type: 'image/png', bytes: small });
/** Above the read-ahead, so that its length must be known in another way. */
const jpeg = (name: string, fileName: string): Part => ({ name, fileName, type: 'image/jpeg', bytes: large });

/** The forms that every client sends. A large file is the last part, as the documentation asks for. */
export const FORMS = {
  small: [png('avatar', 'small.png')],
  large: [jpeg('avatar', 'large.jpg')],
  several: [
    field('title', 'At the lake'),
    field('note', 'two\r\nlines'),
    png('avatar', 'a.png'),
    png('photos', 'b.png'),
    jpeg('photos', 'c.jpg'),
  ],
  names: [field('título', 'Grüße, 世界 🐈'), png('avatar', 'Über den See – 湖.png')],
} satisfies Record<string, readonly Part[]>;
