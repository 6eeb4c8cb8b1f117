import { createHmac, createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import type { PeerId } from '../wire/peer-id.js';
import { makeCertificate, peerIdOfCertificate } from './certificate.js';
import { createSecretFile, readSecretFile, unusable } from './secret-file.js';

/** Who this device is: a key that never leaves it, and the certificate that shows its public half. */
export class Identity {
  readonly peerId: PeerId;
  readonly certificatePem: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly #privateKeyPem: string;

  constructor(certificatePem: string, privateKeyPem: string, createdAt: string) {
    const certificate = new X509Certificate(certificatePem);
    if (!certificate.checkPrivateKey(createPrivateKey(privateKeyPem)))
      throw new Error('the certificate is of another key');
    this.peerId = peerIdOfCertificate(certificate);
    this.certificatePem = certificatePem;
    this.createdAt = createdAt;
    this.#privateKeyPem = privateKeyPem;
  }

  /** The private key; a getter, so that neither a log nor JSON shows it. */
  get privateKeyPem(): string {
    return this.#privateKeyPem;
  }

  /** A secret that only this device can make, the same each time, and another for each purpose: 64 hex digits. */
  secretFor(purpose: string): string {
    return createHmac('sha256', this.#privateKeyPem).update(purpose).digest('hex');
  }
}

const storedSchema = v.object({
  createdAt: v.string(),
  certificatePem: v.string(),
  privateKeyPem: v.string(),
});

/**
 * This device's identity, from `identity.json` in the folder; made on first use. Throws `SECRET_EXPOSED`, and
 * `CONFIG_INVALID` for a damaged file, which is left as it is.
 */
export async function loadIdentity(folder: string): Promise<Identity> {
  const file = join(folder, 'identity.json');
  const found = await readSecretFile(file);
  if (found !== undefined) return parseIdentity(file, found);
  const made = { createdAt: new Date().toISOString(), ...(await makeCertificate()) };
  await createSecretFile(file, `${JSON.stringify(made, null, 2)}\n`);
  // Read again: another process may have been first.
  return parseIdentity(file, (await readSecretFile(file)) ?? '');
}

function parseIdentity(file: string, text: string): Identity {
  try {
    const stored = v.parse(storedSchema, JSON.parse(text));
    return new Identity(stored.certificatePem, stored.privateKeyPem, stored.createdAt);
  } catch {
    // Without the cause: a parser's words can quote the file, and the file is a secret.
    throw unusable(file, 'is damaged');
  }
}
