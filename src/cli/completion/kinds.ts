/** What completion offers for a word. */
export type Kind = 'images' | 'ids' | 'peers' | 'platforms' | 'files' | 'folders' | 'nothing';

/**
 * What the placeholders of arguments and options stand for: `<image...>`, `--from <peer>`, `[file]`. A new placeholder is
 * added here; one whose values are fixed has `choices` in place of that.
 */
const kinds: Readonly<Record<string, Kind>> = {
  image: 'images',
  pattern: 'images',
  digits: 'ids',
  peer: 'peers',
  'os/arch': 'platforms',
  file: 'files',
  folder: 'folders',
  address: 'nothing',
  'host:port': 'nothing',
  invite: 'nothing',
  ip: 'nothing',
  name: 'nothing',
  port: 'nothing',
};

/** The kind that a placeholder stands for; undefined where nobody has said. */
export function kindOf(placeholder: string): Kind | undefined {
  const name = placeholder.replace(/^[<[]|\.\.\.|[>\]]$/g, '');
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

/** The placeholder of an option that takes a value, such as `<peer>`. */
export function placeholderOf(flags: string): string | undefined {
  return /[<[].*[>\]]/.exec(flags)?.[0];
}
