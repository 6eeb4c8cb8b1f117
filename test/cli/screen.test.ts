import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GetEvent, GetRequest, ListRow } from '../../src/control/api.js';
import { P2pimgError } from '../../src/error.js';
import { digestOf } from '../../src/image/digest.js';
import { localPlatform, platformText } from '../../src/image/platform.js';
import {
  appDigest,
  buildbox,
  done,
  endlessGet,
  failingGet,
  found,
  goodEvents,
  mara,
  plan,
  progress,
} from '../control/scripted-operations.js';
import { type ScriptedDevice, startScriptedDevice } from './command.js';
import { Screen, whyNoTmux } from './screen.js';

const reason = whyNoTmux();
if (reason !== undefined) console.warn(`real terminals are not tried: ${reason}`);
const short = appDigest.slice(7, 15);

/** A `get` that stops at each event until the test lets it go on. */
class Steps {
  readonly #events: readonly GetEvent[];
  #goOn: () => void = () => {};
  #held = this.#hold();

  constructor(events: readonly GetEvent[]) {
    this.#events = events;
  }

  readonly get = async function* (this: Steps, _: GetRequest, signal: AbortSignal): AsyncGenerator<GetEvent> {
    signal.addEventListener('abort', () => this.next());
    for (const event of this.#events) {
      yield event;
      await this.#held;
      this.#held = this.#hold();
      if (signal.aborted) return;
    }
  }.bind(this);

  next(): void {
    this.#goOn();
  }

  #hold(): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }
}

describe.skipIf(reason !== undefined)('on a real terminal', { timeout: 120_000 }, () => {
  let device: ScriptedDevice;
  let screen: Screen | undefined;

  beforeEach(async () => {
    device = await startScriptedDevice();
  });

  afterEach(async () => {
    await screen?.close();
    await device.close();
  });

  async function ended(
    columns: number,
    args: readonly string[],
    env?: Record<string, string>,
  ): Promise<string> {
    screen = await Screen.start(columns, device.home, args, env);
    return screen.shows(/\[code \d+\]/);
  }

  it('a get shows each moment, and leaves what it settled', async () => {
    const events = [
      ...goodEvents.slice(0, 4),
      progress(12_550_000),
      progress(25_100_000),
      ...goodEvents.slice(6),
    ];
    const steps = new Steps(events);
    device.operations.onGet = steps.get;
    screen = await Screen.start(80, device.home, ['get', 'team/app:2']);
    expect(await screen.shows(/looking/)).toMatch(/^team\/app:2 {2}looking on this network/);
    steps.next();
    await screen.shows(/mara-thinkpad \(2 others have it\)/);
    steps.next();
    await screen.shows(/preparing mara-thinkpad: docker writes a temporary copy/);
    steps.next();
    await screen.shows(/3 of 4 layers, 732 MB; 25\.1 MB to go/);
    steps.next();
    expect(await screen.shows(/12\.6 of 25\.1 MB/)).toMatch(/ {2}█{14}░{14} {2}12\.6 of 25\.1 MB/);
    steps.next();
    await screen.shows(/25\.1 of 25\.1 MB/);
    steps.next();
    await screen.shows(/docker is unpacking/);
    steps.next();
    expect((await screen.shows(/✓/)).split('\n').slice(0, 7)).toEqual([
      `team/app:2  ${short} · linux/amd64 · 757 MB`,
      '  from      mara-thinkpad (2 others have it)',
      '  here      3 of 4 layers, 732 MB; 25.1 MB to go',
      '  ████████████████████████████  25.1 MB',
      '  loading   docker is unpacking',
      `✓ team/app:2 is here, proved: sha256:${short}…`,
      '  25.1 MB from mara-thinkpad in 1.4 s, 732 MB not sent',
    ]);
    steps.next();
    await screen.shows(/\[code 0\]/);
  });

  it('a get redraws its line after the terminal became narrower, and wider', async () => {
    device.operations.onGet = (_, signal) =>
      endlessGet(signal, async () => undefined, found, plan, progress(12_550_000));
    screen = await Screen.start(100, device.home, ['get', 'team/app:2']);
    await screen.shows(/12\.6 of 25\.1 MB/);
    await screen.resize(50);
    // Whether a rate is known by then depends on how the two events of the script came in time.
    const narrow = await screen.shows(/^ {2}█{1,13}░+ {2}12\.6 of 25\.1 MB/m);
    expect(narrow.match(/12\.6 of/g)).toHaveLength(1);
    await screen.resize(90);
    const wide = await screen.shows(/^ {2}█{14}░{14} {2}12\.6 of 25\.1 MB/m);
    expect(wide.match(/12\.6 of/g)).toHaveLength(1);
  });

  it('Ctrl-C ends a get with one line, and gives the cursor back', async () => {
    device.operations.onGet = (_, signal) => endlessGet(signal, async () => undefined, found, plan);
    screen = await Screen.start(80, device.home, ['get', 'team/app:2']);
    await screen.shows(/of 25\.1 MB/);
    await screen.press('C-c');
    expect((await screen.shows(/\[code 130\]/)).split('\n').slice(2)).toEqual([
      '  here      3 of 4 layers, 732 MB; 25.1 MB to go',
      'p2pimg: interrupted; nothing of team/app:2 was kept',
      '[code 130]',
      '',
    ]);
  });

  it('a lost peer is waited for in one line, at 60 columns too', async () => {
    const lost: GetEvent = { type: 'lost', peer: mara, received: 16_200_000, givesUpInMs: 119_900 };
    const steps = new Steps([plan, lost, { type: 'resumed', peer: buildbox, received: 16_200_000 }, done]);
    device.operations.onGet = steps.get;
    screen = await Screen.start(60, device.home, ['get', 'team/app:2']);
    await screen.shows(/to go/);
    steps.next();
    await screen.shows(/^ {2}⏸ lost mara-thinkpad at 16\.2 MB; gives up in 1:5\d$/m);
    steps.next();
    await screen.shows(/^ {2}⏸ lost mara-thinkpad at 16\.2 MB\n {2}▶ going on from buildbox at 16\.2 MB$/m);
    steps.next();
    await screen.shows(/✓/);
  });

  const images: ListRow[] = [
    ['team/app:2', 'yes'],
    ['team/app:1', 'other'],
    ['registry.example.com/platform/services/checkout-frontend:2024-11-05', 'no'],
  ].map(([reference, here]) => ({
    reference: reference ?? '',
    id: digestOf(reference ?? ''),
    platforms: [platformText(localPlatform())],
    size: 757_000_000,
    created: new Date(Date.now() - 9_000_000).toISOString(),
    peers: [mara, buildbox],
    here: here as ListRow['here'],
    other: here === 'other' ? { id: appDigest, older: true } : undefined,
  }));

  it.each([60, 80, 200])('ls and peers keep each row on its line at %d columns', async (columns) => {
    device.operations.listReport = { team: 'tag', peers: [mara, buildbox], otherTeams: 0, images };
    expect((await ended(columns, ['ls'])).split('\n')).toHaveLength(1 + images.length + 2);
    await screen?.close();
    const peer = {
      engine: 'Docker 29.1, containerd store',
      images: 41,
      uploads: { active: 1, limit: 4 },
      lastSeen: '',
    };
    device.operations.peersReport = {
      team: 'tag',
      otherTeams: 0,
      peers: [
        { ...mara, ...peer, address: '192.168.100.117:47470' },
        { ...buildbox, ...peer, address: '10.0.0.1:47470' },
      ],
    };
    const text = await ended(columns, ['peers']);
    expect(text.split('\n')).toHaveLength(1 + 2 + 2);
    expect(text).toContain('192.168.100.117:47470');
  });

  it.each([60, 80, 200])('a failure is legible at %d columns', async (columns) => {
    const facts = {
      asked: ['mara-thinkpad', 'buildbox', 'jonas-mbp'],
      similar: ['team/app:2', 'team/app:1'],
      otherTeams: 2,
    };
    device.operations.onGet = () => failingGet(new P2pimgError('NOBODY_HAS_IT', 'nobody', facts));
    const text = await ended(columns, ['get', 'team/appp:2']);
    expect(text).toMatch(
      /^p2pimg: nobody on this network has team\/appp:2\n {2}asked {5}mara-thinkpad, buildbox, jonas-mbp\n/,
    );
    expect(text.replace(/\s+/g, ' ')).toContain('to join, ask a colleague for `p2pimg team show` [code 3]');
  });

  it('team join asks for the invite, and does not show it', async () => {
    screen = await Screen.start(80, device.home, ['team', 'join']);
    await screen.shows(/invite \(it is not shown\):/);
    await screen.press('pasted-invite', 'Enter');
    expect(await screen.shows(/\[code 0\]/)).not.toContain('pasted');
    expect(device.operations.calls).toEqual([{ join: { invite: 'pasted-invite', replace: false } }]);
  });

  it('Ctrl-C at the question for an invite ends with 130', async () => {
    screen = await Screen.start(80, device.home, ['team', 'join']);
    await screen.shows(/invite/);
    await screen.press('C-c');
    expect(await screen.shows(/\[code \d+\]/)).toContain('p2pimg: interrupted\n[code 130]');
    expect(device.operations.calls).toEqual([]);
  });

  it('colours only mark, and NO_COLOR takes them all away', async () => {
    device.operations.listReport = { team: 'tag', peers: [mara], otherTeams: 0, images };
    const plain = await ended(80, ['ls'], { NO_COLOR: '1' });
    expect(await screen?.text('-e')).toBe(plain);
    await screen?.close();
    expect(await ended(80, ['ls'])).toBe(plain);
    expect(await screen?.text('-e')).not.toBe(plain);
  });

  it('LANG=C shows ASCII alone', async () => {
    const text = await ended(80, ['get', 'team/app:2'], { LANG: 'C' });
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text).toContain(`OK team/app:2 is here, proved: sha256:${short}...`);
  });
});
