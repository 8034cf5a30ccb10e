import ts from 'typescript';
import { read } from '../docs/markdown.ts';

const PATH = 'test/src/mistakes/mistakes.ts';

/** What the functions of a list in mistakes.ts are made of, as it is written there, on one line each. */
export function textsOf(list: string): string[] {
  const source = ts.createSourceFile(PATH, read(PATH), ts.ScriptTarget.Latest);
  const bodies = source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => declarationList.declarations)
    .filter(({ name }) => name.getText(source) === list)
    .flatMap(({ initializer }) =>
      initializer && ts.isArrayLiteralExpression(initializer) ? initializer.elements : [],
    )
    .flatMap((element) => (ts.isArrowFunction(element) ? element.body : []));
  return bodies.map((body) =>
    (ts.isParenthesizedExpression(body) ? body.expression : body).getText(source).replaceAll(/\s+/g, ' '),
  );
}
