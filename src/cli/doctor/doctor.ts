import type { AskOptions } from '../ask.js';
import { type Exit, exitCodes } from '../exit-codes.js';
import type { GlobalOptions } from '../global-options.js';
import { standardOutputs, tellFailure, writeLines } from '../outputs.js';
import { jsonLine } from '../present/clean.js';
import { doctorLines } from '../present/doctor.js';
import { LiveLine } from '../present/live.js';
import type { Terminal } from '../terminal.js';
import { examine, type NamedFinding } from './examine.js';
import type { CheckName } from './finding.js';
import { observe } from './observe.js';

const exits: Readonly<Record<CheckName, Exit>> = {
  configuration: 'usage',
  agent: 'refused',
  engine: 'engine',
  permission: 'engine',
  disk: 'space',
  port: 'refused',
  interfaces: 'nobody',
  vpn: 'nobody',
  multicast: 'nobody',
  isolation: 'nobody',
  firewall: 'nobody',
  team: 'refused',
  identity: 'refused',
  versions: 'refused',
  clock: 'usage',
};

/** `p2pimg doctor`: what is well, what is not, and what to do; resolves to the exit code, the first fail's. */
export async function doctor(options: AskOptions, globals: GlobalOptions): Promise<number> {
  const outputs = standardOutputs();
  try {
    const findings = examine(await looking(outputs.errors, () => observe(globals)));
    if (options.json) outputs.output.write(`${jsonLine({ findings })}\n`);
    else writeLines(doctorLines(findings, outputs.output), outputs.output);
    return exitCodeOfFindings(findings);
  } catch (error) {
    return tellFailure(error, options, outputs);
  }
}

/** That of the first fail; warnings are no failure. */
export function exitCodeOfFindings(findings: readonly NamedFinding[]): number {
  const first = findings.find(({ level }) => level === 'fail');
  return first === undefined ? exitCodes.done : exitCodes[exits[first.check]];
}

async function looking<T>(screen: Terminal, work: () => Promise<T>): Promise<T> {
  if (screen.kind === 'text') return work();
  const live = new LiveLine(screen);
  const plain = `looking and listening for some seconds${screen.symbols.ellipsis}`;
  live.show((columns) => ({ text: plain.slice(0, columns), plain: plain.slice(0, columns) }));
  try {
    return await work();
  } finally {
    live.close();
  }
}
