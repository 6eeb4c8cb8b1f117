import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import type { Holder, PortUse } from '../observations.js';

/** Which port is looked at, and where this device's agent listens, if it runs. */
export interface PortQuestion {
  readonly wanted: number;
  readonly isConfigured: boolean;
  readonly agentPort: number | undefined;
  /** The only address that the agent listens at; all where absent. */
  readonly host: string | undefined;
}

/** Who listens on the agent's port; it is taken for a moment to find out. */
export async function observePort(question: PortQuestion): Promise<PortUse> {
  const { wanted, isConfigured, agentPort, host } = question;
  const told = { wanted, isConfigured };
  if (agentPort === wanted) return { ...told, state: 'ours', holder: undefined };
  if (await isFree(wanted, host)) return { ...told, state: 'free', holder: undefined };
  return { ...told, state: 'taken', holder: await holderOf(wanted) };
}

async function isFree(port: number, host: string | undefined): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** The program that listens on a TCP port, where the system tells: other users' programs only to root. */
export async function holderOf(port: number): Promise<Holder | undefined> {
  if (process.platform === 'win32') return undefined;
  return process.platform === 'linux' ? holderByProc(port) : holderByLsof(port);
}

async function holderByProc(port: number): Promise<Holder | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  const inode = tables.map((table) => listeningInode(table, port)).find((found) => found !== undefined);
  if (inode === undefined) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (!(await hasOpen(pid, `socket:[${inode}]`))) continue;
    const command = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a program')).trim();
    return { pid: Number(pid), command };
  }
  return undefined;
}

/** The socket that listens on a port, in the form of `/proc/net/tcp` (proc_net_tcp(5)). */
export function listeningInode(table: string, port: number): string | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of table.split('\n').slice(1)) {
    const words = line.trim().split(/\s+/);
    if (words[1]?.endsWith(`:${hex}`) && words[3] === '0A') return words[9];
  }
  return undefined;
}

async function hasOpen(pid: string, what: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(() => []);
  const targets = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')));
  return targets.includes(what);
}

async function holderByLsof(port: number): Promise<Holder | undefined> {
  const asked = promisify(execFile)('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const said = await asked.then(({ stdout }) => stdout).catch(() => '');
  const [, pid, command] = /^p(\d+)\nc(.*)$/m.exec(said) ?? [];
  return pid === undefined || command === undefined ? undefined : { pid: Number(pid), command };
}
