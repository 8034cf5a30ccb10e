import { isSignedIn } from '@/lib/session';
import { signIn, signOut } from './actions';
import { Gallery } from './gallery';
import { Uploader } from './uploader';

const LEAD =
  'Send images through a route of this app, which streams them on, or straight to Imgwire under the rules of the app.';

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
      <Uploader />
      <Gallery />
    </main>
  );
}
