import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadIdentity } from '../../src/trust/identity.js';
import { testFolder } from './folder.js';

const onPosix = it.skipIf(process.platform === 'win32');

describe('an identity', () => {
  it('is made on first use and stays the same', async () => {
    const folder = join(await testFolder(), 'p2pimg');
    const first = await loadIdentity(folder);
    const second = await loadIdentity(folder);
    expect(second.peerId).toBe(first.peerId);
    expect(second.privateKeyPem).toBe(first.privateKeyPem);
    expect(second.createdAt).toBe(first.createdAt);
  });

  it('is another for another device', async () => {
    const [one, two] = await Promise.all([
      loadIdentity(await testFolder()),
      loadIdentity(await testFolder()),
    ]);
    expect(one.peerId).not.toBe(two.peerId);
  });

  it('is named by the SHA-256 of the public key', async () => {
    const { certificatePem, peerId } = await loadIdentity(await testFolder());
    const key = new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'der' });
    expect(peerId).toBe(createHash('sha256').update(key).digest('hex'));
  });

  it('has a P-256 certificate that says nothing of the device and outlives wrong clocks', async () => {
    const { certificatePem } = await loadIdentity(await testFolder());
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.subject).toBe('CN=p2pimg');
    expect([certificate.issuer, certificate.subjectAltName]).toEqual(['CN=p2pimg', undefined]);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(new Date(certificate.validFrom).getUTCFullYear()).toBe(2000);
    expect(new Date(certificate.validTo).getUTCFullYear()).toBe(2099);
  });

  it('is one, however many processes and calls make it at once', async () => {
    const folder = await testFolder();
    const script = fileURLToPath(new URL('load-identity.ts', import.meta.url));
    const run = async () =>
      (await promisify(execFile)(process.execPath, ['--import', 'tsx', script, folder])).stdout;
    const here = async () => (await loadIdentity(folder)).peerId;
    const peerIds = new Set(await Promise.all([run(), run(), here(), here()]));
    expect(peerIds.size).toBe(1);
    expect(await readdir(folder)).toEqual(['identity.json']);
  });

  onPosix('lies in a file and a folder for the owner alone', async () => {
    const folder = join(await testFolder(), 'a', 'b');
    await loadIdentity(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'identity.json'))).mode & 0o777).toBe(0o600);
  });

  onPosix.each(['640', '604', '660'])('is refused from a file of mode %s', async (mode) => {
    const folder = await testFolder();
    const file = join(folder, 'identity.json');
    await loadIdentity(folder);
    await chmod(file, mode);
    await expect(loadIdentity(folder)).rejects.toMatchObject({
      code: 'SECRET_EXPOSED',
      facts: { file, command: `chmod 600 ${file}` },
    });
  });

  it.each(['', '{', '{}', 'null', '{"createdAt":"","certificatePem":"x","privateKeyPem":"y"}'])(
    'that is damaged (%j) is named and left as it is',
    async (text) => {
      const folder = await testFolder();
      const file = join(folder, 'identity.json');
      await writeFile(file, text, { mode: 0o600 });
      await expect(loadIdentity(folder)).rejects.toMatchObject({ code: 'CONFIG_INVALID', facts: { file } });
      expect(await readFile(file, 'utf8')).toBe(text);
    },
  );

  it('whose certificate is of another key is refused', async () => {
    const [folder, other] = [await testFolder(), await testFolder()];
    const { certificatePem, createdAt } = await loadIdentity(folder);
    const { privateKeyPem } = await loadIdentity(other);
    const mixed = JSON.stringify({ createdAt, certificatePem, privateKeyPem });
    await writeFile(join(folder, 'identity.json'), mixed, { mode: 0o600 });
    await expect(loadIdentity(folder)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('never shows its key in a log or in JSON', async () => {
    const identity = await loadIdentity(await testFolder());
    const shown = inspect(identity, { showHidden: true, depth: 9 }) + JSON.stringify(identity);
    expect(shown).toContain(identity.peerId);
    expect(shown).not.toContain('PRIVATE KEY');
  });
});
