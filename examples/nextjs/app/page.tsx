import { isSignedIn } from '@/lib/session';
import { signIn, signOut } from './actions';
import { Connected } from './connected';
import { Gallery } from './gallery';
import { Uploader } from './uploader';

const LEAD =
  'Send images through a route of this app, which streams them on, or straight to Imgwire under the rules of the app.';

export default async function Page() {
  const signedIn = await isSignedIn();
  return (
    <>
      <header className="bar">
        {/* biome-ignore lint/performance/noImgElement: an icon of this app needs no sizes */}
        <img src="/icon.svg" alt="" width={28} height={28} />
        <h1>Gallery with Next.js</h1>
        <Connected />
        <form action={signedIn ? signOut : signIn}>
          <button type="submit" className="plain small">
            {signedIn ? 'Sign out' : 'Sign in'}
          </button>
        </form>
      </header>
      <main>
        <p className="quiet">{LEAD}</p>
        <Uploader signedIn={signedIn}>
          <Gallery />
        </Uploader>
      </main>
    </>
  );
}
