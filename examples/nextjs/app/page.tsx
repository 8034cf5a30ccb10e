import { isSignedIn } from '@/lib/session';
import { signIn, signOut } from './actions';
import { Gallery } from './gallery';
import type { DirectUploads } from './upload';
import { Uploader } from './uploader';

const LEAD =
  'Send images through a route of this app, which streams them on, or straight to Imgwire with a token of the app.';

export default async function Page() {
  const signedIn = await isSignedIn();
  return (
    <main>
      <header>
        <h1>Gallery</h1>
        <form action={signedIn ? signOut : signIn}>
          <button type="submit">{signedIn ? 'Sign out' : 'Sign in'}</button>
        </form>
      </header>
      <p className="quiet">{LEAD}</p>
      <Uploader directUploads={directUploads()} />
      <Gallery />
    </main>
  );
}

function directUploads(): DirectUploads | undefined {
  const clientKey = process.env['IMGWIRE_CLIENT_KEY'];
  const baseUrl = process.env['IMGWIRE_API_BASE_URL'] ?? 'https://api.imgwire.dev';
  return clientKey ? { clientKey, baseUrl } : undefined;
}
