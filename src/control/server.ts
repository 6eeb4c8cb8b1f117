import { once } from 'node:events';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { dirname } from 'node:path';
import { P2pimgError } from '../error.js';
import type { Closable, Operations } from './api.js';
import { makeOwnFolder } from './folder.js';
import { isAnswered } from './probe.js';
import { controlRoutes } from './routes.js';
import { Streams } from './streams.js';

const patienceMs = 2000;

/**
 * Answers the operations on a local socket (0600, in a folder of 0700) as HTTP/1.1. The socket of an agent that is
 * dead is replaced; throws `AGENT_RUNNING` where one is alive, `SECRET_EXPOSED` where the folder is not ours.
 */
export async function serveControl(operations: Operations, socketPath: string): Promise<Closable> {
  const streams = new Streams();
  const server = createServer(controlRoutes(operations, streams));
  if (process.platform !== 'win32') await makeOwnFolder(dirname(socketPath));
  await listen(server, socketPath);
  if (process.platform !== 'win32') await chmod(socketPath, 0o600);
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      await streams.close();
      server.closeIdleConnections();
      // a client that does not read its answer must not keep the agent from ending
      const patience = setTimeout(() => server.closeAllConnections(), patienceMs);
      await closed;
      clearTimeout(patience);
    },
  };
}

async function listen(server: Server, socketPath: string): Promise<void> {
  try {
    await tryListen(server, socketPath);
  } catch (error) {
    if (!isTaken(error)) throw error;
    const before = await lstat(socketPath).catch(() => undefined);
    if (await isAnswered(socketPath)) throw running(socketPath);
    // another agent that starts at this moment may have replaced it meanwhile: that one is alive
    const after = await lstat(socketPath).catch(() => undefined);
    if (before?.ino !== after?.ino || before?.ctimeMs !== after?.ctimeMs) throw running(socketPath);
    await unlink(socketPath).catch(() => undefined);
    await tryListen(server, socketPath).catch((cause: unknown) => {
      throw isTaken(cause) ? running(socketPath) : cause;
    });
  }
}

async function tryListen(server: Server, socketPath: string): Promise<void> {
  server.listen(socketPath);
  await once(server, 'listening');
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function running(socketPath: string): P2pimgError {
  return new P2pimgError('AGENT_RUNNING', 'an agent is running already', { socket: socketPath });
}
