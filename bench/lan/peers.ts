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
import { version } from '../../src/version.js';
import { engineOf, imagesOf } from './images.js';
import { Voice } from './voice.js';

// Many peers in one process: `peers.ts <folder> <first> <count> <images> <only> <invite>`. Each has its own key, its
// own port with the agent's own listener behind it, and a catalogue; they know nobody but the agent of that name.

const [folder = '', first = '0', count = '0', images = '0', only = '', invite = ''] = process.argv.slice(2);
/** All have one address here, and an agent lets in 256 connections from one: the others are only dialled. */
const mostVisitors = 250;
const voice = new Voice(only);
for (let index = 0; index < Number(count); index++) await startPeer(Number(first) + index);
voice.ask();
console.log('ready');

async function startPeer(number: number): Promise<void> {
  const name = `peer-${number}`;
  const settings = { paths: paths({ P2PIMG_HOME: path.join(folder, name) }), peers: [], interfaces: [] };
  await mkdir(settings.paths.state, { recursive: true });
  const device = await openDevice(settings);
  await device.teams.join(invite, {});
  const engine = engineOf(imagesOf(number, Number(images)));
  const catalogue = new Catalogue(engine);
  const discovery = voice.discovery();
  const hello = () => ({ type: 'hello' as const, name, version, uploads: { active: 0, limit: 4 } });
  const presence = new Presence({
    device,
    discovery,
    engine,
    catalogue,
    uploads: new Uploads(4),
    uploadPace: new Pace(undefined),
    granted: new Granted(),
    tally: new Tally(),
    arrivals: { welcome: () => Promise.reject(new Error('nothing is sent here')) },
    hello,
    name,
    host: '127.0.0.1',
  });
  await catalogue.refresh();
  await presence.open(0);
  if (number >= mostVisitors) return;
  const downloadPace = new Pace(undefined);
  const met = { device, discovery, hello, named: [], downloadPace, noteMembers: () => false };
  await new Neighbourhood(met).start();
}
