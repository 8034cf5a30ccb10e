import type { Step } from './upload';

/** What the last upload did, and the code of the routes. */
export function Happened({ steps }: { readonly steps: readonly Step[] }) {
  const total = steps.at(-1)?.ms ?? 0;
  return (
    <section className="panel happened" aria-labelledby="happened-title">
      <h2 id="happened-title">What just happened</h2>
      {steps.length === 0 && <p className="quiet">The steps of your next upload will be here.</p>}
      <ol className="trace" aria-label="Steps of the last upload">
        {steps.map(({ event, what, ms = 0 }) => (
          <li key={what} title={event} style={{ '--at': `${total && (100 * ms) / total}%` } as object}>
            <span>{what}</span>
            <span>{ms.toLocaleString('en', { maximumFractionDigits: 1 })} ms</span>
          </li>
        ))}
      </ol>
      <h3>
        The route, <code>app/images/route.ts</code>
      </h3>
      <pre>
        <code>{process.env.UPLOAD_ROUTE}</code>
      </pre>
    </section>
  );
}
