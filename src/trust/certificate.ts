import { createHash, createPrivateKey, webcrypto, type X509Certificate } from 'node:crypto';
import type { PeerId } from '../wire/peer-id.js';

/** The peer ID that a certificate stands for: the SHA-256 of its SubjectPublicKeyInfo. */
export function peerIdOfCertificate(certificate: X509Certificate): PeerId {
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('hex') as PeerId;
}

/** A new P-256 key and its self-signed certificate, both as PEM; they say nothing of the device or of the day. */
export async function makeCertificate(): Promise<{ certificatePem: string; privateKeyPem: string }> {
  // Imported here because it takes 200 ms, and only the first run needs it; the metadata must come first.
  await import('reflect-metadata');
  const { X509CertificateGenerator } = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=p2pimg',
      notBefore: new Date('2000-01-01T00:00:00Z'),
      notAfter: new Date('2099-12-31T23:59:59Z'),
      signingAlgorithm: algorithm,
      keys,
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const privateKey = createPrivateKey({ key: pkcs8, type: 'pkcs8', format: 'der' });
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
