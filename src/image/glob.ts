/** Whether a text of an image's familiar reference is one that a pattern asks for. */
export type Matcher = (reference: string) => boolean;

type Token =
  | { readonly type: 'any' }
  | { readonly type: 'one'; readonly accepts: (character: string) => boolean };

/**
 * Compiles a shell-like pattern: `*` any characters (slashes too, as in `case`), `?` one, `[a-z]` and `[!a-z]` one of
 * these. A pattern without a tag matches all tags of a repository.
 */
export function globMatcher(pattern: string): Matcher {
  const tokens = parse(pattern);
  return (reference) => matches(tokens, [...reference]) || matches(tokens, [...withoutTag(reference)]);
}

function parse(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let rest = pattern; rest !== ''; ) {
    const set = /^\[(!?)(\]?[^\]]+)\]/.exec(rest);
    const [first = ''] = rest;
    if (first === '*') tokens.push({ type: 'any' });
    else if (first === '?') tokens.push({ type: 'one', accepts: () => true });
    else if (set !== null) tokens.push({ type: 'one', accepts: oneOf([...(set[2] ?? '')], set[1] === '!') });
    else tokens.push({ type: 'one', accepts: (character) => character === first });
    rest = rest.slice(set?.[0].length ?? first.length);
  }
  return tokens;
}

function oneOf(members: readonly string[], isNegated: boolean): (character: string) => boolean {
  const ranges: [string, string][] = [];
  for (let i = 0; i < members.length; i++) {
    const from = members[i] ?? '';
    const to = members[i + 1] === '-' ? members[i + 2] : undefined;
    ranges.push([from, to ?? from]);
    if (to !== undefined) i += 2;
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== isNegated;
}

/** Goes back to the last star only, so that no pattern takes longer than its length times the text's. */
function matches(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star: { readonly token: number; readonly at: number } | undefined;
  while (at < text.length) {
    const expected = tokens[token];
    if (expected?.type === 'any') {
      star = { token, at };
      token++;
    } else if (expected?.accepts(text[at] ?? '')) {
      token++;
      at++;
    } else if (star !== undefined) {
      star = { token: star.token, at: star.at + 1 };
      token = star.token + 1;
      at = star.at;
    } else return false;
  }
  return tokens.slice(token).every(({ type }) => type === 'any');
}

function withoutTag(reference: string): string {
  const [named = ''] = reference.split('@');
  const colon = named.lastIndexOf(':');
  return colon > named.lastIndexOf('/') ? named.slice(0, colon) : named;
}
