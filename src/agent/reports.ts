import type { ListRow, PeerName, PeerRow } from '../control/api.js';
import type { ListedImage } from '../image/image.js';
import { platformText } from '../image/platform.js';
import { canonical, familiar } from '../image/reference.js';
import { catalogueInTime, identityOf } from './choose.js';
import { engineText } from './engine-text.js';
import type { Neighbour } from './neighbour.js';

const catalogueMs = 1_500;

/** What one neighbour has. */
interface Catalogued {
  readonly neighbour: Neighbour;
  readonly images: readonly ListedImage[];
}

/** The rows of `ls`: one for each name and image, with the peers that have it and whether it is here. */
export async function listRows(
  neighbours: readonly Neighbour[],
  ours: readonly ListedImage[],
): Promise<ListRow[]> {
  const rows = new Map<string, ListRow & { peers: PeerName[] }>();
  const local = new LocalImages(ours);
  for (const [image, peers] of holders(await catalogues(neighbours))) {
    const names = image.references.length === 0 ? [undefined] : image.references;
    for (const reference of names) {
      const key = `${reference === undefined ? '' : canonical(reference)} ${identityOf(image)}`;
      const row = rows.get(key);
      if (row !== undefined) row.peers.push(...peers);
      else
        rows.set(key, {
          reference: reference && familiar(reference),
          id: identityOf(image),
          platforms: image.platforms.map(platformText),
          size: image.size,
          created: image.created,
          peers: [...peers],
          ...local.compare(image, reference && canonical(reference)),
        });
    }
  }
  return [...rows.values()].toSorted(byName);
}

/** Who has each image; several peers' image is one object mostly, which makes this quick. */
function holders(found: readonly Catalogued[]): Map<ListedImage, PeerName[]> {
  const peersOf = new Map<ListedImage, PeerName[]>();
  for (const { neighbour, images } of found) {
    const peer = { name: neighbour.name, id: neighbour.peerId };
    for (const image of images) {
      const peers = peersOf.get(image);
      if (peers === undefined) peersOf.set(image, [peer]);
      else peers.push(peer);
    }
  }
  return peersOf;
}

/** The rows of `peers`. */
export async function peerRows(neighbours: readonly Neighbour[]): Promise<PeerRow[]> {
  return (await catalogues(neighbours)).map(({ neighbour, images }) => {
    const { channel, hello } = neighbour.session;
    return {
      name: neighbour.name,
      id: neighbour.peerId,
      address: channel.remote,
      engine: hello.engine && engineText(hello.engine),
      version: hello.version,
      images: images.length,
      uploads: hello.uploads,
      lastSeen: new Date().toISOString(), // it is connected, and pinged all the time
    };
  });
}

function catalogues(neighbours: readonly Neighbour[]): Promise<Catalogued[]> {
  return Promise.all(
    neighbours.map(async (neighbour) => ({
      neighbour,
      images: await catalogueInTime(neighbour, catalogueMs),
    })),
  );
}

/** This device's images, to compare others with. */
class LocalImages {
  readonly #identities: ReadonlySet<string>;
  readonly #byName: ReadonlyMap<string, ListedImage>;

  constructor(images: readonly ListedImage[]) {
    this.#identities = new Set(images.flatMap((image) => [image.id, identityOf(image)]));
    this.#byName = new Map(
      images.flatMap((image) => image.references.map((reference) => [canonical(reference), image])),
    );
  }

  compare(image: ListedImage, name: string | undefined): Pick<ListRow, 'here' | 'other'> {
    const isHere = this.#identities.has(identityOf(image)) || this.#identities.has(image.id);
    if (name === undefined) return { here: isHere ? 'yes' : 'no' };
    const named = this.#byName.get(name);
    if (named === undefined) return { here: 'no' };
    if (named.id === image.id || identityOf(named) === identityOf(image)) return { here: 'yes' };
    const older = Date.parse(named.created ?? '') < Date.parse(image.created ?? '');
    return { here: 'other', other: { id: identityOf(named), older } };
  }
}

function byName(a: ListRow, b: ListRow): number {
  if (a.reference === undefined || b.reference === undefined)
    return Number(a.reference === undefined) - Number(b.reference === undefined);
  return (
    a.reference.localeCompare(b.reference, 'en', { numeric: true }) ||
    (b.created ?? '').localeCompare(a.created ?? '')
  );
}
