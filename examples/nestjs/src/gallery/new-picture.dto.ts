import { ApiProperty } from '@nestjs/swagger';
import { Length } from 'class-validator';

/** The text fields of the form. */
export class NewPicture {
  @ApiProperty({ type: String, minLength: 1, maxLength: 80 })
  @Length(1, 80)
  readonly title!: string;
}
