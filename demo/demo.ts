/**
 * The main job, from one machine to another, on this machine alone: two agents with a team, each in a temporary folder,
 * find each other by mDNS on the loopback interface, and the second gets an image that the first has. The first
 * uses Docker or Podman where one answers, the second always the embedded store. Nothing is left behind.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type OpenedEngine, openEngine } from '../src/agent/open-engine.js';
import { DockerClient } from '../src/engine/docker/client.js';
import { makeImage } from './make-image.js';

const image = 'p2pimg-demo/app:1';
const cli = path.resolve('dist/cli/main.js');
const folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-demo-'));
const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];

try {
  await demo();
  console.log(
    '\nAll of it is gone again. On two real machines: p2pimg up on one, and p2pimg up - on the other, with the invite that the first shows.',
  );
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  for (const step of undo.toReversed()) await step();
}

async function demo(): Promise<void> {
  const mara = path.join(folder, 'mara');
  const jonas = path.join(folder, 'jonas');
  const { engine, address, reason } = await sourceEngine(path.join(mara, 'state'));
  const where =
    reason === 'found'
      ? `the container engine at ${address}`
      : 'an embedded store, for want of a container engine';
  say(`Making an image of 100 MB, ${image}, in ${where}`);
  undo.push(() => engine.close());
  await makeImage(engine, image);
  if (reason === 'found') undo.push(() => new DockerClient({ address, namedBy: 'demo' }).remove(image));

  say('Starting two agents, mara and jonas, with one team');
  await startAgent(mara, 'mara', reason === 'found' ? address : 'store');
  const { invite } = JSON.parse(await run(mara, ['team', 'show', '--json'])) as { invite: string };
  await startAgent(jonas, 'jonas', 'store');
  await run(jonas, ['team', 'join', '-'], invite);
  await untilSeen(jonas, 'mara');

  say('On the machine of jonas:');
  for (const words of [['peers'], ['ls'], ['get', image], ['ls']]) await show(jonas, words);
}

/** Docker or Podman where one answers; the embedded store otherwise. */
async function sourceEngine(state: string): Promise<OpenedEngine> {
  const settings = { stateFolder: state, lane: { choice: 'save', secret: 'demo' } } as const;
  const found = await openEngine(settings).catch(() => undefined);
  const answers = await found?.engine.identify().then(
    () => true,
    () => false,
  );
  return found !== undefined && answers ? found : openEngine({ ...settings, named: 'store' });
}

/** Starts an agent that speaks on the loopback interface only, and resolves when it is ready. */
async function startAgent(home: string, name: string, engine: string): Promise<void> {
  const words = ['agent', '--name', name, '--port', '0', '--engine', engine, '--interface', '127.0.0.1'];
  const agent = spawn(process.execPath, [cli, ...words], {
    env: environment(home),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(agent, 'exit');
  undo.push(() => {
    agent.kill('SIGTERM');
    return ended;
  });
  await Promise.race([
    once(createInterface(agent.stdout), 'line'),
    ended.then(([code]) => {
      throw new Error(`the agent of ${name} ended with ${code}`);
    }),
  ]);
}

/** Asks until a peer was seen; each question waits for answers itself. */
async function untilSeen(home: string, name: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const { peers } = JSON.parse(await run(home, ['peers', '--json'])) as { peers: { name: string }[] };
    if (peers.some((peer) => peer.name === name)) return;
  }
  throw new Error(`${name} was not found by mDNS on the loopback interface`);
}

/** Runs a command in sight of the person. */
async function show(home: string, words: readonly string[]): Promise<void> {
  console.log(`\n$ p2pimg ${words.join(' ')}`);
  const [code] = await once(
    spawn(process.execPath, [cli, ...words], { env: environment(home), stdio: 'inherit' }),
    'exit',
  );
  if (code !== 0) throw new Error(`p2pimg ${words.join(' ')} ended with ${code}`);
}

/** Runs a command for its output. */
async function run(home: string, words: readonly string[], input = ''): Promise<string> {
  const child = spawn(process.execPath, [cli, ...words], {
    env: environment(home),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(input);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`p2pimg ${words.join(' ')} ended with ${code}`);
  return output;
}

function environment(home: string): NodeJS.ProcessEnv {
  return { ...process.env, P2PIMG_HOME: home };
}

function say(text: string): void {
  console.log(`\n· ${text}`);
}
