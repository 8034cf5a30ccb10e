// Express 4 beside Express 5 under another name; what the tests use of it is typed alike.
declare module 'express4' {
  import express from 'express';
  export default express;
}
