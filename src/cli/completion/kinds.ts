/** What completion offers for a word. */
export type Kind = 'images' | 'ownImages' | 'ids' | 'peers' | 'platforms' | 'files' | 'folders' | 'nothing';

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
  engine: 'nothing',
  'host:port': 'nothing',
  invite: 'nothing',
  ip: 'nothing',
  name: 'nothing',
  number: 'nothing',
  port: 'nothing',
  value: 'nothing',
};

/** The commands whose images are this device's own; the others' are those of the peers. */
const ofOwnImages = ['save', 'copy', 'share', 'hide'];

/** The kind that a placeholder of this command stands for; undefined where nobody has said. */
export function kindOf(placeholder: string, command: string): Kind | undefined {
  const name = placeholder.replace(/^[<[]|\.\.\.|[>\]]$/g, '');
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  return kind === 'images' && ofOwnImages.includes(command) ? 'ownImages' : kind;
}

/** The placeholder of an option that takes a value, such as `<peer>`. */
export function placeholderOf(flags: string): string | undefined {
  return /[<[].*[>\]]/.exec(flags)?.[0];
}
