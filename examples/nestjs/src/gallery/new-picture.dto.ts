import { Length } from 'class-validator';

/** The text fields beside the file. */
export class NewPicture {
  @Length(1, 80)
  readonly title!: string;
}
