import { join } from 'node:path';
import { readConfiguration } from '../../agent/configuration.js';
import { usualPort } from '../../agent/usual-port.js';
import type { Closable, Operations } from '../../control/api.js';
import { hearMulticast } from '../../discovery/hearing.js';
import { lanInterfaces } from '../../discovery/interfaces.js';
import { asP2pimgError } from '../../error.js';
import { loadIdentity } from '../../trust/identity.js';
import { version } from '../../version.js';
import { protocolVersion } from '../../wire/message.js';
import { type Answerer, connect, deviceOptions } from '../connect.js';
import type { GlobalOptions } from '../global-options.js';
import type { Answers, Observations } from './observations.js';
import { observePort } from './observers/port.js';
import { observeReach } from './observers/reach.js';
import { observeRoute } from './observers/route.js';
import { observeSocket } from './observers/socket.js';

/** Looks at all that the checks judge; takes some seconds. Nothing that cannot be seen ends it. */
export async function observe(globals: GlobalOptions): Promise<Observations> {
  const { paths, interfaces: named } = deviceOptions(globals);
  const configured = await attempt(async () => readConfiguration(paths.config));
  const only = named.length > 0 ? named : (configured?.interfaces ?? []);
  const interfaces = lanInterfaces(only.length > 0 ? only : undefined);
  const [answers, hearings, route] = await Promise.all([
    ask(globals),
    hearMulticast(interfaces),
    observeRoute(),
  ]);
  const status = answers.by === 'nobody' ? undefined : answers.status;
  const [engineSocket, port, reached, identity] = await Promise.all([
    status && observeSocket(status.engine.address),
    observePort({
      wanted: configured?.port ?? usualPort,
      isConfigured: configured?.port !== undefined,
      agentPort: status?.port,
      host: only.length === 1 ? only[0] : undefined,
    }),
    observeReach(
      hearings
        .flatMap(({ adverts }) => adverts)
        .filter(({ advert }) => advert.peerId !== status?.peerId && isOfTeam(advert.teamTag, status?.team)),
    ),
    status && attempt(() => loadIdentity(paths.config)),
  ]);
  return {
    platform: process.platform,
    now: Date.now(),
    version,
    protocol: protocolVersion,
    answers,
    engineSocket,
    port,
    interfaces,
    route,
    hearings,
    reached,
    keyMadeAt: identity && Date.parse(identity.createdAt),
    identityFile: join(paths.config, 'identity.json'),
  };
}

async function ask(globals: GlobalOptions): Promise<Answers> {
  let answerer: Answerer | undefined;
  try {
    answerer = await connect(globals);
    const { operations, by } = answerer;
    const [status, peers, list] = await Promise.all([
      settledStatus(operations),
      operations.peers(),
      attempt(() => operations.list()),
    ]);
    return { by, status, peers, list };
  } catch (error) {
    return { by: 'nobody', error: asP2pimgError(error) };
  } finally {
    await answerer?.operations.close();
  }
}

/** How many peers there are is known only when they had the time to answer. */
async function settledStatus(operations: Operations & Closable) {
  await operations.peers();
  return operations.status();
}

const isOfTeam = (tag: string | undefined, team: { readonly tag: string } | undefined): boolean =>
  tag !== undefined && tag === team?.tag;

/** What cannot be had is not there; the checks say so where it matters. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}
