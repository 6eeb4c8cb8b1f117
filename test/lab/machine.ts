import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { sh } from './process.js';
import type { Workstation } from './workstation.js';

const script = fileURLToPath(new URL('tls-engine.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** A machine as docker-machine keeps it on one workstation, which is the engine of another behind TLS. */
export interface Machine {
  /** Takes the folder away, and ends the proxy. */
  remove(): Promise<void>;
}

/** Makes certificates, the folder `~/.docker/machine/machines/NAME` on `keeper`, and the TLS port at `engine`'s. */
export async function makeMachine(name: string, keeper: Workstation, engine: Workstation): Promise<Machine> {
  const folder = path.join(keeper.home, '.docker', 'machine', 'machines', name);
  await mkdir(folder, { recursive: true });
  await makeCertificates(folder, engine.address);
  await writeFile(
    path.join(folder, 'config.json'),
    JSON.stringify({
      ConfigVersion: 3,
      Name: name,
      DriverName: 'none',
      Driver: { IPAddress: engine.address },
    }),
  );
  const argv = [
    process.execPath,
    '--import',
    tsx,
    script,
    folder,
    engine.address,
    '2376',
    engine.engineSocket,
  ];
  const proxy = engine.spawn(argv);
  const ended = once(proxy, 'exit');
  let said = '';
  proxy.stderr?.on('data', (bytes: Buffer) => (said += bytes));
  const first = await Promise.race([once(proxy.stdout as NodeJS.ReadableStream, 'data'), ended]);
  if (!String(first[0]).startsWith('listening')) throw new Error(`no TLS engine: ${said}`);
  return {
    remove: async () => {
      proxy.kill('SIGTERM');
      await ended;
      await rm(path.join(keeper.home, '.docker'), { recursive: true, force: true });
    },
  };
}

async function makeCertificates(folder: string, address: string): Promise<void> {
  const file = (name: string) => path.join(folder, name);
  const newKey = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await sh(
    'openssl',
    ...newKey,
    '-x509',
    '-subj',
    '/CN=lab',
    '-keyout',
    file('ca-key.pem'),
    '-out',
    file('ca.pem'),
  );
  for (const [name, key, usage] of [
    ['server.pem', 'server-key.pem', `subjectAltName=IP:${address}`],
    ['cert.pem', 'key.pem', 'extendedKeyUsage=clientAuth'],
  ] as const) {
    const request = file(`${name}.csr`);
    await sh('openssl', ...newKey, '-subj', '/CN=lab', '-keyout', file(key), '-out', request);
    await writeFile(file('extensions'), usage);
    const signing = ['-CA', file('ca.pem'), '-CAkey', file('ca-key.pem'), '-CAcreateserial', '-days', '2'];
    await sh(
      'openssl',
      'x509',
      '-req',
      '-in',
      request,
      ...signing,
      '-extfile',
      file('extensions'),
      '-out',
      file(name),
    );
  }
}
