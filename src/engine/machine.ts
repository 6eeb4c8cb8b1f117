import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { P2pimgError } from '../error.js';
import { readTls, type TlsFiles } from './tls-files.js';

const usualPort = 2376;

/**
 * The engine of a machine that docker-machine made: the address in its `config.json`, with the TLS files beside it.
 * Machines are kept in `MACHINE_STORAGE_PATH`, else in `~/.docker/machine`. Throws `CONFIG_INVALID`, and
 * `ENGINE_UNREACHABLE` for a machine without an address.
 */
export function machineEndpoint(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): { readonly address: string; readonly namedBy: string; readonly tls: TlsFiles } {
  const storage = environment.MACHINE_STORAGE_PATH || path.join(home, '.docker', 'machine');
  const folder = path.join(storage, 'machines', name);
  const file = path.join(folder, 'config.json');
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name) || !existsSync(file))
    throw new P2pimgError('CONFIG_INVALID', `there is no machine ${name}`, {
      file,
      why: `there is no machine named ${name}`,
    });
  const { IPAddress: host, EnginePort: port } = driverIn(file);
  if (typeof host !== 'string' || host === '')
    throw new P2pimgError('ENGINE_UNREACHABLE', `the machine ${name} has no address`, {
      address: `machine:${name}`,
      reason: 'it has no address, so it is not running',
    });
  const at = host.includes(':') ? `[${host}]` : host;
  return {
    address: `tcp://${at}:${typeof port === 'number' && port > 0 ? port : usualPort}`,
    namedBy: `machine ${name}`,
    tls: readTls(folder),
  };
}

function driverIn(file: string): { IPAddress?: unknown; EnginePort?: unknown } {
  try {
    const { Driver } = JSON.parse(readFileSync(file, 'utf8')) as { Driver?: unknown };
    if (typeof Driver === 'object' && Driver !== null) return Driver;
  } catch (cause) {
    throw new P2pimgError('CONFIG_INVALID', `${file} is not JSON`, { file, why: 'it is not JSON' }, cause);
  }
  throw new P2pimgError('CONFIG_INVALID', `${file} names no driver`, { file, why: 'it names no driver' });
}
