import type { Workstation } from './workstation.js';

interface Listed {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
}

const temporaryMs = 15_000;

/**
 * What an engine has, one line an image: its ID and its names. Asked of its API: an old `docker` command hides some of a
 * new engine's untagged images. An agent that learns an image gives it a temporary name meanwhile: the end of that is
 * waited for, and one that stays is seen.
 */
export async function stockOf(workstation: Workstation): Promise<string[]> {
  for (const end = Date.now() + temporaryMs; ; ) {
    const stock = (await list(workstation)).map(({ Id, RepoTags }) => `${Id} ${names(RepoTags)}`).toSorted();
    if (Date.now() > end || !stock.some((line) => line.includes('p2pimg-temporary/'))) return stock;
  }
}

/** The untagged images of an engine. */
export async function danglingOn(workstation: Workstation): Promise<string[]> {
  return (await list(workstation)).filter(({ RepoTags }) => names(RepoTags) === '').map(({ Id }) => Id);
}

/** Removes every image of an engine, those too that `docker images` hides. */
export async function clear(workstation: Workstation): Promise<void> {
  if (workstation.engine === 'none') return;
  for (const { Id } of await list(workstation)) await workstation.api('DELETE', `/images/${Id}?force=1`);
  const left = await list(workstation);
  if (left.length > 0) throw new Error(`${workstation.name} still has ${JSON.stringify(left)}`);
}

async function list(workstation: Workstation): Promise<Listed[]> {
  const { status, body } = await workstation.api('GET', '/images/json?all=1');
  if (status !== 200) throw new Error(`${workstation.name} does not list its images: ${status} ${body}`);
  return JSON.parse(body.toString()) as Listed[];
}

function names(tags: readonly string[] | null): string {
  return (tags ?? [])
    .filter((tag) => tag !== '<none>:<none>')
    .toSorted()
    .join(' ');
}
