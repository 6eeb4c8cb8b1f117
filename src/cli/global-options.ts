import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LaneChoice } from '../engine/port.js';

/** What can be said to every command. */
export interface GlobalOptions {
  /** From the command line. */
  readonly engineNamed?: string | undefined;
  readonly peer: readonly string[];
  readonly interface: readonly string[];
  readonly lane?: LaneChoice | undefined;
}

/** Adds the options that every command takes. */
export function addGlobalOptions(program: Command): Command {
  return program
    .addOption(
      new Option('--engine <address>', 'engine to use, such as unix:///run/docker.sock').env('P2PIMG_ENGINE'),
    )
    .addOption(
      new Option(
        '--lane <lane>',
        'how images go in and out of Docker (what works best if not given)',
      ).choices(['auto', 'loopback', 'save']),
    )
    .addOption(
      new Option('--peer <host:port>', 'also ask this peer (repeatable)')
        .argParser(collectPeer)
        .default([], 'none'),
    )
    .addOption(
      new Option('--interface <ip>', 'use only the interface with this address (repeatable)')
        .argParser(collectAddress)
        .default([], 'all'),
    );
}

/** The global options as given to a command. */
export function globalOptions(command: Command): GlobalOptions {
  const given = command.optsWithGlobals<{
    engine?: string;
    peer: string[];
    interface: string[];
    lane?: LaneChoice;
  }>();
  const source = command.getOptionValueSourceWithGlobals('engine');
  return {
    peer: given.peer,
    interface: given.interface,
    lane: given.lane,
    engineNamed: source === 'cli' ? given.engine : undefined,
  };
}

/** The same without what would have a command work by itself: the team is the running agent's to change. */
export function forAgent(options: GlobalOptions): GlobalOptions {
  return { ...options, engineNamed: undefined, lane: undefined, peer: [], interface: [] };
}

/** The same as words of a command line. */
export function globalWords({ engineNamed, lane, peer, interface: interfaces }: GlobalOptions): string[] {
  return [
    ...(engineNamed === undefined ? [] : ['--engine', engineNamed]),
    ...(lane === undefined ? [] : ['--lane', lane]),
    ...peer.flatMap((address) => ['--peer', address]),
    ...interfaces.flatMap((address) => ['--interface', address]),
  ];
}

/** Parses a port of 0–65535. */
export function parsePort(text: string): number {
  if (!isPort(text)) throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return Number(text);
}

/** Parses a number of 1 or more. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('this is a number from 1 on');
  return Number(text);
}

function collectPeer(text: string, before: readonly string[]): readonly string[] {
  const match = /^(\[[0-9a-fA-F:.]+(?:%[\w.-]+)?\]|[^:[\]\s]+):(\d+)$/.exec(text);
  if (match === null || !isPort(match[2] ?? ''))
    throw new InvalidArgumentError('a peer is host:port or [IPv6]:port');
  return [...before, text];
}

function collectAddress(text: string, before: readonly string[]): readonly string[] {
  if (!/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:]+(%[\w.-]+)?)$/.test(text))
    throw new InvalidArgumentError('an interface is named by its IP address');
  return [...before, text];
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535;
}
