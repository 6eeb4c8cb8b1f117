/** The values of variables, by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

const named = /^[A-Za-z_][A-Za-z0-9_]*/;

/**
 * Replaces variables as Compose does: `$A`, `${A}`, `${A:-default}`, `${A-default}`, `${A:?message}`, `${A?message}`,
 * `${A:+other}`, `${A+other}`, and `$$` for a dollar; what stands in the braces is replaced too. One that is not set is
 * empty. Throws what `fail` makes of a message.
 */
export function interpolate(text: string, variables: Variables, fail: (why: string) => Error): string {
  let result = '';
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const [bare] = named.exec(rest.slice(1)) ?? [];
    if (!rest.startsWith('$')) {
      result += rest[0];
      at += 1;
    } else if (rest.startsWith('$$')) {
      result += '$';
      at += 2;
    } else if (bare !== undefined) {
      result += variables[bare] ?? '';
      at += 1 + bare.length;
    } else {
      const end = closingBrace(rest);
      if (end === undefined)
        throw fail(`"${text}" has a dollar that names no variable; $$ stands for a dollar`);
      result += braced(rest.slice(2, end), variables, fail);
      at += end + 1;
    }
  }
  return result;
}

/** Where the braces that open at the second character close. */
function closingBrace(text: string): number | undefined {
  if (text[1] !== '{') return undefined;
  let open = 0;
  for (let i = 1; i < text.length; i++) {
    if (text[i] === '{') open += 1;
    if (text[i] === '}') open -= 1;
    if (open === 0) return i;
  }
  return undefined;
}

function braced(inside: string, variables: Variables, fail: (why: string) => Error): string {
  const [name] = named.exec(inside) ?? [''];
  const [, colon, operator, word = ''] = /^(:?)([-?+])([\s\S]*)$/.exec(inside.slice(name.length)) ?? [];
  if (name === '' || (operator === undefined && inside !== name))
    throw fail(`"\${${inside}}" names no variable`);
  const value = variables[name];
  const isSet = colon === ':' ? value !== undefined && value !== '' : value !== undefined;
  const replaced = () => interpolate(word, variables, fail);
  switch (operator) {
    case '-':
      return isSet ? (value ?? '') : replaced();
    case '+':
      return isSet ? replaced() : '';
    case '?':
      if (!isSet) throw fail(`the variable ${name} is not set${word === '' ? '' : `: ${replaced()}`}`);
      return value ?? '';
    default:
      return value ?? '';
  }
}

/** The variables of an `.env` file: `NAME=value` lines, quoted or not, and comments. */
export function parseEnvFile(text: string): Variables {
  const variables: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, written = ''] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) variables[name] = unquoted(written);
  }
  return variables;
}

function unquoted(written: string): string {
  const [, single] = /^'([^']*)'/.exec(written) ?? [];
  if (single !== undefined) return single;
  const [, double] = /^"((?:[^"\\]|\\.)*)"/.exec(written) ?? [];
  if (double !== undefined)
    return double.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
  return written.replace(/\s+#.*$/, '').trim();
}
