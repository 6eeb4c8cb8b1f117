import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askKnown } from '../../../src/cli/completion/known.js';
import type { ListRow, PeerRow } from '../../../src/control/api.js';
import { paths } from '../../../src/control/paths.js';
import { appDigest, mara } from '../../control/scripted-operations.js';
import { type ScriptedDevice, startScriptedDevice } from '../command.js';

describe.skipIf(process.platform === 'win32')('what completion knows from the agent', () => {
  let device: ScriptedDevice;
  const known = () => askKnown(paths({ P2PIMG_HOME: device.home }).socket);

  beforeEach(async () => {
    device = await startScriptedDevice();
  });

  afterEach(() => device.close());

  function has(...names: string[]): void {
    const peers = names.map((name): PeerRow => ({ name, id: 'ab12cd34ef', address: '', lastSeen: '' }));
    device.operations.peersReport = { team: 't', otherTeams: 0, peers };
  }

  it('are images with their ID, size and peers, each name once', async () => {
    const row: ListRow = {
      reference: 'team/app:2',
      id: appDigest,
      platforms: [],
      size: 757_000_000,
      peers: [mara],
      here: 'no',
    };
    device.operations.listReport = {
      team: 't',
      otherTeams: 0,
      peers: [],
      images: [row, row, { ...row, reference: undefined }],
    };
    const digits = appDigest.slice(7, 15);
    const description = `${digits}, 757 MB, mara-thinkpad`;
    expect(await known().images()).toEqual([{ value: 'team/app:2', description }]);
    expect((await known().ids()).at(-1)).toEqual({ value: digits, description: 'without a name' });
  });

  it('are peers by their names; by ID where a name is no word for a terminal or a command', async () => {
    has('mara $(x)', 'a\nb', '\x1b[2Jc', '--json', '');
    expect((await known().peers()).map(({ value }) => value)).toEqual([
      'mara $(x)',
      ...Array(4).fill('ab12cd34'),
    ]);
  });

  it("are this device's own images, hidden ones too", async () => {
    const { operations } = device;
    operations.settingsReport = { ...operations.settingsReport, shared: ['a:1', 'b\x1b:1'], hidden: ['c:1'] };
    expect((await known().ownImages()).map(({ value }) => value)).toEqual(['a:1', 'c:1']);
  });

  it('is nothing where no agent runs', async () => {
    const nobody = askKnown(join(device.home, 'nowhere', 'agent.sock'));
    expect(await Promise.all([nobody.images(), nobody.ids(), nobody.peers()])).toEqual([[], [], []]);
  });

  it('is nothing where the agent does not answer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'p2pimg-'));
    const silent = createServer(() => {}).listen(join(folder, 'agent.sock'));
    try {
      expect(await askKnown(join(folder, 'agent.sock')).peers()).toEqual([]);
    } finally {
      silent.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
