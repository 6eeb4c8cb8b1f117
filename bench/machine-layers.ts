import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import type { Layer } from '../test/fixtures/layer.js';
import { sh } from '../test/lab/process.js';

const cache = path.join(process.env.P2PIMG_LAB_CACHE ?? '/var/cache/p2pimg-lab', 'bench');

/** The layers, lowest first: which folders of this machine, and how many bytes of their files at most. */
const recipe = [
  { name: 'headers', folders: ['/usr/lib/gcc', '/usr/include'], bytes: 240_000_000 },
  { name: 'python', folders: ['/usr/lib/python3', '/usr/lib/python3.11'], bytes: 90_000_000 },
  { name: 'share', folders: ['/usr/share/locale', '/usr/share'], bytes: 167_000_000 },
  { name: 'libraries', folders: ['/usr/lib/x86_64-linux-gnu', '/usr/lib'], bytes: 260_000_000 },
] as const;

interface Written {
  readonly file: string;
  readonly digest: string;
  readonly size: number;
  readonly diffId: string;
  readonly tarSize: number;
}

/**
 * About 757 MB of this machine's real files in four layers, compressed as an engine's build does it. They are made once, and
 * kept in the lab's cache.
 */
export async function machineLayers(say: (line: string) => void): Promise<Layer[]> {
  const list = path.join(cache, 'layers.json');
  if (!existsSync(list)) {
    say('packing this machine’s files into layers');
    await mkdir(cache, { recursive: true });
    const written: Written[] = [];
    const taken = new Set<string>();
    let spare = 0;
    for (const { name, folders, bytes } of recipe) {
      const files = await choose(folders, bytes + spare, taken);
      spare = bytes + spare - files.bytes; // the next makes up for folders that are not here
      written.push(await pack(name, files.paths));
    }
    await writeFile(`${list}.tmp`, JSON.stringify(written));
    await rename(`${list}.tmp`, list);
  }
  return (JSON.parse(await readFile(list, 'utf8')) as Written[]).map(layerOf);
}

/** Files below these folders in the order of their paths, until their sizes come to `limit`. */
async function choose(folders: readonly string[], limit: number, taken: Set<string>) {
  const paths: string[] = [];
  let bytes = 0;
  for (const folder of folders.filter((one) => existsSync(one))) {
    // not readdir: it walks into links, some of which lead in circles
    const found = await sh('find', folder, '(', '-type', 'f', '-o', '-type', 'l', ')', '-printf', '%p\t%s\n');
    for (const line of found.split('\n').filter(Boolean).toSorted()) {
      const [file = '', size] = line.split('\t');
      if (taken.has(file) || bytes + Number(size) > limit) continue;
      taken.add(file);
      paths.push(file);
      bytes += Number(size);
    }
  }
  return { paths, bytes };
}

async function pack(name: string, paths: readonly string[]): Promise<Written> {
  const [names, tar, file] = ['names', 'tar', 'tar.gz'].map((end) => path.join(cache, `${name}.${end}`)) as [
    string,
    string,
    string,
  ];
  await writeFile(names, paths.map((one) => `${one.slice(1)}\0`).join(''));
  const options =
    '--no-recursion --hard-dereference --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu';
  const source = `tar --create --directory=/ ${options} --null --files-from=${names}`;
  await sh('bash', '-euo', 'pipefail', '-c', `${source} | tee ${tar} | gzip -6 --no-name > ${file}`);
  const written = {
    file,
    digest: await digestOf(file),
    size: (await stat(file)).size,
    diffId: await digestOf(tar),
    tarSize: (await stat(tar)).size,
  };
  await Promise.all([names, tar].map((one) => rm(one)));
  return written;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

function layerOf({ file, digest, size, diffId, tarSize }: Written): Layer {
  const open = () => createReadStream(file);
  return {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    blob: { digest, size, open },
    tar: { digest: diffId, size: tarSize, open: () => open().pipe(createGunzip()) },
  };
}
