import { createHash, randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

const pattern = /^(\d+)\.([0-9a-f-]{36})\.([0-9a-f]{16})/;
const self = randomUUID();
const home = createHash('sha256').update(`${hostname()} ${processNamespace()}`).digest('hex').slice(0, 16);

/** This process, as the beginning of a file's name or content: process ID, one UUID a process, and its machine. */
export const ownName = `${process.pid}.${self}.${home}`;

/**
 * Whether the process that wrote this name is dead. Of another machine (or container) that can't be asked, so there
 * it is taken for dead `patience` milliseconds after it last touched what bears the name.
 */
export function isGone(name: string, touched: number, patience: number): boolean {
  const [, pid, process_, machine] = pattern.exec(name) ?? [];
  if (machine !== home) return Date.now() - touched > patience;
  // In a container every start has the same process ID.
  if (Number(pid) === process.pid) return process_ !== self;
  return !isAlive(Number(pid));
}

/** Whether a name is one of a process at all. */
export function isOwnerName(name: string): boolean {
  return pattern.test(name);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
