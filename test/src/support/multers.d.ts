// Aliases of older versions, whose types are those of 2.
declare module 'multer1' {
  export { default } from 'multer';
}
declare module 'multer20' {
  export { default } from 'multer';
}
