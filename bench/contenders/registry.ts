import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../../test/lab/until.js';
import { startEngine, stopEngine, type Workstation, workstations } from '../../test/lab/workstation.js';
import { timed } from '../timed.js';
import type { Candidate } from './contender.js';
import { endingWith } from './service.js';

const { nas } = workstations;
const port = 5000;
const trusted = '10.77.0.0/24';

/** The machine whose link is limited too. */
export const registryHost = nas;

/** A registry on a third machine of the LAN, empty at first. */
class Registry {
  readonly #folder: string;
  #server: ChildProcess | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(): Promise<void> {
    const settings = {
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: {
        cache: { blobdescriptor: 'inmemory' },
        filesystem: { rootdirectory: `${this.#folder}/stored` },
      },
      http: { addr: `${nas.address}:${port}`, secret: 'bench' },
    };
    const file = path.join(this.#folder, 'registry.yml');
    await writeFile(file, JSON.stringify(settings)); // YAML holds JSON
    this.#server = nas.spawn(['docker-registry', 'serve', file]);
    this.#server.stderr?.resume();
    this.#server.stdout?.resume();
    const ping = ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', `http://${nas.address}:${port}/v2/`];
    await until(
      () => nas.run(ping),
      ({ stdout }) => stdout === '200',
    );
  }

  async stop(): Promise<void> {
    if (this.#server !== undefined) await endingWith(this.#server)();
    await rm(`${this.#folder}/stored`, { recursive: true, force: true });
  }
}

/** `docker push` to a registry on the LAN, then `docker pull` from there. */
export const registry: Candidate = {
  name: 'LAN registry',
  packages: ['docker-registry'],
  async begin({ source, receiver, folder, undo, signal }) {
    for (const workstation of [source, receiver]) await ensureTrusted(workstation);
    const server = new Registry(await mkdtemp(path.join(folder, 'registry-')));
    undo.add(() => server.stop());
    await server.start();
    let forgotten = 0;
    return {
      // An empty registry, and a repository that the engine has never pushed to: nothing is mounted, nothing skipped.
      forget: async () => {
        forgotten += 1;
        await server.stop();
        await server.start();
      },
      awaitImage: async () => {},
      bring: async (name) => {
        const there = `${nas.address}:${port}/${name.replace('/', `-${forgotten}/`)}`;
        await source.docker('tag', name, there);
        const push = await timed(source, `docker push --quiet ${there}`, { signal });
        const pull = await timed(receiver, `docker pull --quiet ${there}`, { signal });
        return { seconds: push + pull, parts: { push, pull } };
      },
    };
  },
};

/** Engines of a lab that was up before may not know yet that the LAN's registry has no certificate. */
async function ensureTrusted(workstation: Workstation): Promise<void> {
  const { RegistryConfig } = JSON.parse((await workstation.api('GET', '/info')).body.toString()) as {
    RegistryConfig: { InsecureRegistryCIDRs: string[] };
  };
  if (RegistryConfig.InsecureRegistryCIDRs.includes(trusted)) return;
  await stopEngine(workstation);
  await startEngine(workstation);
}
