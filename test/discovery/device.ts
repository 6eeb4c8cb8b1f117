import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type SelfAdvert, sealed } from '../../src/discovery/advert.js';
import { buildFilter } from '../../src/discovery/filter.js';
import { MulticastDiscovery } from '../../src/discovery/multicast.js';
import { type PeerId, parsePeerId } from '../../src/wire/peer-id.js';

/** The key of the team in these tests. */
export const key = Buffer.alloc(32, 7);

/** The one image that devices of these tests share. */
export const sharedImage = 'docker.io/acme/secret-project:2024';

/** The peer ID of a device of these tests, by its name. */
export function idOf(name: string): PeerId {
  return parsePeerId(createHash('sha256').update(name).digest('hex'));
}

/** What a device of these tests says of itself. */
export function advertOf(name: string, generation = 1, changes: Partial<SelfAdvert> = {}): SelfAdvert {
  const peerId = idOf(name);
  const filter = buildFilter({ key, peerId, generation }, [sharedImage]);
  const plain = { peerId, name, teamTag: 'team-tag-1', protocol: 1, generation, filter, port: 39_041 };
  return sealed(key, { ...plain, seal: undefined, ...changes });
}

/** What a device in a process of its own writes, one JSON object a line. */
export type DeviceLine =
  | { readonly type: 'started' }
  | { readonly type: 'stopped' }
  | {
      readonly type: 'seen';
      readonly name: string;
      readonly generation: number;
      readonly addresses: readonly string[];
    }
  | { readonly type: 'gone'; readonly peerId: string }
  | { readonly type: 'interfaces' | 'trouble'; readonly what: string };

/** Arguments: its name, and the interfaces (none: those of the LAN). Commands on stdin: `generation N`, `stop`. */
async function main([name = 'nobody', ...interfaces]: readonly string[]): Promise<void> {
  const say = (line: DeviceLine): void => console.log(JSON.stringify(line));
  const only = interfaces.length === 0 ? undefined : interfaces;
  const discovery = new MulticastDiscovery({ self: idOf(name), interfaces: only });
  discovery.events.on('seen', (advert) =>
    say({ type: 'seen', name: advert.name, generation: advert.generation, addresses: advert.addresses }),
  );
  discovery.events.on('gone', (peerId) => say({ type: 'gone', peerId }));
  discovery.events.on('interfaces', (now) =>
    say({ type: 'interfaces', what: now.map(({ name }) => name).join() }),
  );
  discovery.events.on('trouble', (error) => say({ type: 'trouble', what: error.message }));
  discovery.advertise(advertOf(name));
  await discovery.start();
  say({ type: 'started' });
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, argument] = line.split(' ');
    if (command === 'generation') discovery.advertise(advertOf(name, Number(argument)));
    if (command === 'stop') break;
  }
  await discovery.stop();
  say({ type: 'stopped' });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
