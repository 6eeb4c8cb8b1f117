import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { P2pimgError } from '../../src/error.js';
import { arrivals, sendEvents, watchEvents } from '../control/scripted-sending.js';
import { runCommand, type ScriptedDevice, startCommand, startScriptedDevice } from './command.js';

describe.skipIf(process.platform === 'win32')('with an agent', { timeout: 60_000 }, () => {
  let device: ScriptedDevice;
  const run = (...words: string[]) => runCommand(device.home, words);
  const parsed = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  beforeEach(async () => {
    device = await startScriptedDevice();
  });
  afterEach(() => device.close());

  it('send asks it to send, and tells one line a moment', async () => {
    const { code, stdout, stderr } = await run('send', 'team/app:2', 'mara-thinkpad', '--store');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(device.operations.calls).toEqual([
      { send: { image: 'team/app:2', peer: 'mara-thinkpad', store: true } },
    ]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toContain('team/app:2: waiting for the owner of mara-thinkpad to accept (10:00 left)');
    expect(lines).toContain('team/app:2: waiting for this machine: waiting for a free upload');
    expect(lines).toContain('team/app:2: there 3 of 4 layers, 732 MB; 25.1 MB to go');
    expect(lines.at(-1)).toMatch(
      /^team\/app:2 is at mara-thinkpad, proved: sha256:\w{8}… {2}25\.1 MB in 1\.4 s, 732 MB not sent; replaces \w{8} there$/,
    );
  });

  it('send --json prints each event, and --quiet what is there then', async () => {
    expect(parsed((await run('send', 'team/app:2', 'mara', '--json')).stdout)).toEqual(sendEvents);
    const { stdout } = await run('send', 'team/app:2', 'mara', '--quiet');
    expect(stdout).toMatch(/^team\/app:2 sha256:\w{64}\n$/);
  });

  it('send ends with 7 where the peer refuses, and says why', async () => {
    const reason = 'its owner does not want it';
    device.operations.onSend = () => failing(new P2pimgError('REFUSED', reason, { reason, peer: 'mara' }));
    const { code, stderr } = await run('send', 'team/app:2', 'mara');
    expect(code).toBe(7);
    expect(stderr).toMatch(/^p2pimg: mara refuses team\/app:2\n {2}because {3}its owner does not want it\n/);
  });

  it('send says between which peers it could not choose', async () => {
    const facts = { peer: 'mara', candidates: ['aa11', 'bb22'] };
    device.operations.onSend = () => failing(new P2pimgError('SELECTOR_AMBIGUOUS', 'two', facts));
    const { code, stderr } = await run('send', 'team/app:2', 'mara');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^p2pimg: mara could mean several\n {2}could be {2}aa11, bb22\n/);
  });

  it('accept lists what waits, and what is coming', async () => {
    device.operations.arrivalsReport = { running: true, accept: 'team', arrivals };
    const { code, stdout } = await run('accept');
    expect(code).toBe(0);
    expect(stdout).toMatch(/3 {2}team\/app:2 +\w{8} +757 MB {2}mara-thinkpad +waits \(/);
    expect(stdout).toMatch(/4 {2}team\/db:14 +\w{8} +412 MB {2}buildbox +is coming, 16 of 412 MB\n/);
    expect(stdout).toContain('p2pimg accept 3 takes it, p2pimg refuse 3 does not');
  });

  it.each(['accept', 'refuse'] as const)('%s answers one', async (deed) => {
    device.operations.arrivalsReport = { running: true, accept: 'team', arrivals };
    const { code, stdout } = await run(deed, '3');
    expect(code).toBe(0);
    expect(device.operations.calls).toEqual([{ answer: { which: '3', deed } }]);
    expect(stdout).toContain(deed === 'accept' ? 'comes from mara-thinkpad now' : 'is refused');
  });

  it('accept of what does not wait ends with 2', async () => {
    const { code, stderr } = await run('accept', 'nobody');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('nothing waits here') });
  });

  it('status shows what colleagues send', async () => {
    device.operations.statusReport = { ...device.operations.statusReport, arrivals };
    expect((await run('status')).stdout).toMatch(
      /arrives {3}3: team\/app:2 from mara-thinkpad, 757 MB, waits/,
    );
  });

  it('watch tells a line for each image that came, and each failure', async () => {
    const { code, stdout, stderr } = await run('watch', 'team/*', '--once', '--only-new');
    expect(code).toBe(0);
    expect(device.operations.calls).toEqual([{ watch: { patterns: ['team/*'], once: true, onlyNew: true } }]);
    expect(stdout).toMatch(
      /^watching for team\/\*, at 3 peers; 1 newer than here\nteam\/app:2 {2}\w{8} {2}757 MB {2}from mara-thinkpad, 25\.1 MB in 1\.4 s\n$/,
    );
    expect(stderr).toMatch(/^p2pimg: mara-thinkpad was lost[\s\S]*again {5}when another peer has it\n$/);
  });

  it('watch --json prints each event', async () => {
    expect(parsed((await run('watch', 'team/*', '--json')).stdout)).toEqual(watchEvents);
  });

  it.each([
    { words: ['watch', 'team/*'], end: 0, said: '' },
    { words: ['watch', 'team/*', '--once'], end: 130, said: 'p2pimg: interrupted\n' },
  ])('$words ends with $end after Ctrl-C', async ({ words, end, said }) => {
    device.operations.onWatch = (_, signal) => endless(signal);
    const { child, ended } = startCommand(device.home, words);
    child.stdout?.once('data', () => child.kill('SIGINT'));
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: end, stderr: said });
  });

  it.each([
    [['send', 'team/app:2']],
    [['send', 'NO/Name', 'mara']],
    [['send', 'team/app:2', 'mara', '--platform', 'linux']],
    [['refuse']],
    [['watch']],
  ])('ends with 2 after the wrong usage %j', async (words) => {
    expect((await run(...words)).code).toBe(2);
    expect(device.operations.calls).toEqual([]);
  });
});

// biome-ignore lint/correctness/useYield: it fails before it tells anything
async function* failing(error: Error): AsyncGenerator<never> {
  throw error;
}

async function* endless(signal: AbortSignal) {
  const [first] = watchEvents;
  if (first !== undefined) yield first;
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  throw new P2pimgError('INTERRUPTED', 'interrupted');
}
