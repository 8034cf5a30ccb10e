/**
 * What to write where there is no module: followed literally, an application that has imported it elsewhere has one connection.
 *
 * @param who what needs it
 * @param name the `name` of the module; absent for the unnamed one
 * @param otherwise what else can be written
 */
export function noModule(who: string, name: string | undefined, otherwise = ''): Error {
  const options = `{ isGlobal: true${name === undefined ? '' : `, name: '${name}'`} }`;
  return new Error(
    `${who}: there is no ImgwireModule here: import ImgwireModule.forRoot(${options}) once, in the root module${otherwise}.`,
  );
}
