import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Catalogue } from '../../src/agent/catalogue.js';
import { openDevice } from '../../src/agent/device.js';
import { Granted } from '../../src/agent/granted.js';
import { Neighbourhood } from '../../src/agent/neighbours.js';
import { Pace } from '../../src/agent/pace.js';
import { Presence } from '../../src/agent/presence.js';
import { Tally } from '../../src/agent/tally.js';
import { Uploads } from '../../src/agent/uploads.js';
import { paths } from '../../src/control/paths.js';
import { MulticastDiscovery } from '../../src/discovery/multicast.js';
import { openStore } from '../../src/engine/store/store.js';
import { version } from '../../src/version.js';

// Many peers in one process, each with its own key, port and store: `many-peers.ts <folder> <count> <only> <invite>`.
// They are as any other, but for one thing: they see nobody but the agent of that name, so that what they cost each
// other does not get in the way of what they cost the agent.

const [folder = '', count = '0', only = '', invite = ''] = process.argv.slice(2);
for (let index = 0; index < Number(count); index++) await startPeer(`peer-${index}`);
console.log('ready');

async function startPeer(name: string): Promise<void> {
  const home = path.join(folder, name);
  const settings = { paths: paths({ P2PIMG_HOME: home }), peers: [], interfaces: [] };
  await mkdir(settings.paths.state, { recursive: true });
  const device = await openDevice(settings);
  await device.teams.join(invite, {});
  const engine = await openStore(path.join(settings.paths.state, 'store'));
  const catalogue = new Catalogue(engine);
  const uploads = new Uploads(4);
  const discovery = new MulticastDiscovery({ self: device.identity.peerId, interfaces: ['127.0.0.1'] });
  const tell = discovery.events.emit.bind(discovery.events) as typeof discovery.events.emit;
  discovery.events.emit = ((event: string, ...facts: [{ name?: string }]) =>
    (event !== 'seen' || facts[0].name === only) && tell(event as never, ...(facts as never))) as typeof tell;
  const hello = () => ({ type: 'hello' as const, name, version, uploads: { active: 0, limit: 4 } });
  const presence = new Presence({
    device,
    discovery,
    engine,
    catalogue,
    uploads,
    uploadPace: new Pace(undefined),
    tally: new Tally(),
    granted: new Granted(),
    arrivals: { welcome: () => Promise.reject(new Error('nothing is sent here')) },
    hello,
    name,
    host: '127.0.0.1',
  });
  await presence.open(0);
  await catalogue.refresh();
  const downloadPace = new Pace(undefined);
  await new Neighbourhood({
    device,
    discovery,
    hello,
    named: [],
    downloadPace,
    noteMembers: () => true,
  }).start();
}
