/**
 * What to write where there is no module: followed literally, an application that has imported it elsewhere has one connection.
 *
 * @param caller what needs it
 * @param name the `name` of the module; absent for the unnamed one
 * @param otherwise what else can be written
 */
export function noModule(caller: string, name: string | undefined, otherwise = ''): Error {
  const options = `{ isGlobal: true${name === undefined ? '' : `, name: '${name}'`} }`;
  return new Error(
    `${caller}: there is no ImgwireModule here: import ImgwireModule.forRoot(${options}) once, in the root module${otherwise}.`,
  );
}
