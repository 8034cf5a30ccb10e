import { type ImgwireImage, isImgwireError, reportFault } from '@imgwire/web';
import Image from 'next/image';
import { connection } from 'next/server';
import { imgwire } from '@/lib/imgwire';
import { DeleteButton } from './delete-button';
import { Name } from './name';

/** The first images of the account. */
export async function Gallery() {
  // Without it, Next.js would list the images once, at build time: the page reads nothing of the request.
  await connection();
  const images = await listImages();
  if (typeof images === 'string') return <p className="problem">{images}</p>;
  if (images.length === 0) return <p className="quiet">There are no images yet.</p>;
  return (
    <ul className="gallery" aria-label="Images">
      {images.map((image) => (
        <li key={image.id} className="panel">
          <Picture image={image} />
          <Name text={image.original_filename} />
          <DeleteButton id={image.id} name={image.original_filename} />
        </li>
      ))}
    </ul>
  );
}

function Picture({ image }: { readonly image: ImgwireImage }) {
  if (image.status !== 'READY') return <p className="quiet">{image.status.toLowerCase()}</p>;
  return (
    <Image
      src={image.cdn_url}
      alt={image.original_filename}
      width={image.width}
      height={image.height}
      sizes="(max-width: 40rem) 50vw, 14rem"
    />
  );
}

/** The images, or why they cannot be listed. */
async function listImages(): Promise<readonly ImgwireImage[] | string> {
  try {
    return (await imgwire.list({ limit: 24 })).data;
  } catch (error) {
    if (!isImgwireError(error)) throw error;
    reportFault(error);
    return error.message;
  }
}
