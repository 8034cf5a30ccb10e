// undici declares the types of its index only.
declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici/index.js';
}
