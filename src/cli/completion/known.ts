import type { ListReport, Operations, PeersReport, SettingsReport } from '../../control/api.js';
import { connectControl } from '../../control/client.js';
import { clean } from '../present/clean.js';
import { size } from '../present/units.js';
import type { Candidate } from './candidate.js';

/** What the agent knows and a command line may name. Each is asked for only where it is needed. */
export interface Known {
  images(): Promise<readonly Candidate[]>;
  /** This device's own, hidden ones too. */
  ownImages(): Promise<readonly Candidate[]>;
  ids(): Promise<readonly Candidate[]>;
  peers(): Promise<readonly Candidate[]>;
}

/** An agent that answers later than this is not waited for: a person has pressed Tab. */
const patienceMs = 1000;

/** Asks the agent on this socket. Where none answers, or not in time, nothing is known; it starts nothing and never throws. */
export function askKnown(socketPath: string): Known {
  const list = () => ask(socketPath, (operations) => operations.list());
  return {
    images: async () => images(await list()),
    ownImages: async () => ownImages(await ask(socketPath, (operations) => operations.settings())),
    ids: async () => ids(await list()),
    peers: async () => peers(await ask(socketPath, (operations) => operations.peers())),
  };
}

async function ask<T>(
  socketPath: string,
  question: (operations: Operations) => Promise<T>,
): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs);
  });
  const answer = async () => {
    const operations = await connectControl(socketPath);
    return operations && question(operations);
  };
  return Promise.race([answer().catch(() => undefined), tooLate]).finally(() => clearTimeout(timer));
}

function images(report: ListReport | undefined): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const { reference, id, size: bytes, peers: who } of report?.images ?? []) {
    if (reference === undefined || clean(reference) !== reference || found.has(reference)) continue;
    const names = who.map(({ name }) => name).join(', ');
    found.set(reference, candidate(reference, `${digits(id)}, ${size(bytes)}, ${names}`));
  }
  return [...found.values()];
}

function ownImages(report: SettingsReport | undefined): Candidate[] {
  return [
    ...(report?.shared ?? []).map((name) => candidate(name, 'shared')),
    ...(report?.hidden ?? []).map((name) => candidate(name, 'hidden')),
  ].filter(({ value }) => clean(value) === value);
}

function ids(report: ListReport | undefined): Candidate[] {
  return (report?.images ?? []).map(({ reference, id }) =>
    candidate(digits(id), reference ?? 'without a name'),
  );
}

/** A name that no terminal should be given, or that looks like an option, is offered by the ID it also goes by. */
function peers(report: PeersReport | undefined): Candidate[] {
  return (report?.peers ?? []).map(({ name, id, engine }) =>
    clean(name) !== name || name === '' || name.startsWith('-')
      ? candidate(id.slice(0, 8), name)
      : candidate(name, engine ?? ''),
  );
}

function candidate(value: string, description: string): Candidate {
  return { value, description: clean(description) };
}

function digits(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 8);
}
