/**
 * The page of the emulator. Without a build, and without external resources; the script beside it
 * fills it in.
 */
export const PAGE_HTML = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Imgwire emulator</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
  body { margin: 0 auto; max-width: 75rem; padding: 1rem; }
  h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
  [hidden] { display: none !important; }
  #images { display: flex; flex-wrap: wrap; gap: .5rem; }
  #images button { width: 9rem; padding: .4rem; text-align: left; font: inherit; cursor: pointer;
    border: 1px solid #8886; border-radius: .4rem; background: none; color: inherit; }
  #images button[aria-pressed=true] { outline: 2px solid #37c; }
  #images img, #images .none { display: block; width: 100%; height: 6rem; object-fit: contain; background: #8882; }
  #images span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: .8rem; }
  #chosen { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; }
  #address { overflow-wrap: anywhere; }
  #result { max-width: 100%; background: repeating-conic-gradient(#8884 0 25%, #0000 0 50%) 0 / 16px 16px; }
  pre, code, textarea, input, td { font: .8rem/1.4 ui-monospace, monospace; }
  pre { overflow: auto; max-height: 28rem; margin: 0; }
  textarea, input { width: 100%; box-sizing: border-box; }
  table { width: 100%; border-collapse: collapse; } td, th { text-align: left; padding: .1rem .5rem; border-bottom: 1px solid #8883; }
  .bad { color: #c33; } .quiet { opacity: .7; }
  @media (max-width: 50rem) { #chosen { grid-template-columns: minmax(0, 1fr); } }
</style>
<h1>Imgwire emulator</h1>
<p class="quiet">A local Imgwire for development and tests. <button id="reset">Forget everything</button></p>

<h2>Images (<span id="total">0</span>)</h2>
<div id="images"></div>

<section id="chosen" hidden>
  <div><h2>Record</h2><pre id="record"></pre></div>
  <div>
    <h2>Transformations</h2>
    <form id="playground">
      <label>Preset
        <select name="preset"><option></option><option>thumbnail</option><option>small</option><option>medium</option><option>large</option></select>
      </label>
      <label>Query <input name="query" value="width=320&amp;format=auto" spellcheck="false"></label>
    </form>
    <p><a id="link" target="_blank" rel="noreferrer"><code id="address"></code></a></p>
    <p id="facts" class="quiet"></p>
    <img id="result" alt="">
  </div>
</section>

<h2>Faults in force</h2>
<table><thead><tr><th>Fault<th>Requests seen<th>Hits<th></thead><tbody id="faults"></tbody></table>
<form id="add-fault">
  <p><textarea name="fault" rows="2" spellcheck="false">{ "route": "put", "status": 503, "times": 2 }</textarea></p>
  <button>Add this fault</button> <span id="fault-error" class="bad" role="alert"></span>
</form>

<h2>Requests</h2>
<table><thead><tr><th>Time<th>Route<th>Request<th>Bytes<th>Answer</thead><tbody id="requests"></tbody></table>
<script src="/_emulator/page.js"></script>
</html>
`;
