import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What to prove an engine with, and this side to it, in PEM. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Reads `ca.pem`, `cert.pem` and `key.pem` of a folder, as far as they are there. */
export function readTls(folder: string): TlsFiles {
  const read = (file: string) => {
    const whole = path.join(folder, file);
    return existsSync(whole) ? readFileSync(whole) : undefined;
  };
  const [ca, cert, key] = [read('ca.pem'), read('cert.pem'), read('key.pem')];
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
