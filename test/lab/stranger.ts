/**
 * A stranger's client: connects to an agent by TLS and asks for an upgrade, in each of the ways in which it is not in the
 * team, and prints as JSON every byte that it was answered. Arguments: host, port, folder for its identity.
 */
import { connect, type TLSSocket } from 'node:tls';
import { proofHeader, protocolPath } from '../../src/net/handshake.js';
import { type Identity, loadIdentity } from '../../src/trust/identity.js';
import { prove, type Role } from '../../src/trust/proof.js';
import { Team } from '../../src/trust/team.js';

const [host = '', port = '', folder = ''] = process.argv.slice(2);
const identity = await loadIdentity(folder);
const otherTeam = Team.create();

const asOf = (role: Role) => (socket: TLSSocket) =>
  prove(otherTeam, role, socket.exportKeyingMaterial(32, 'EXPORTER-p2pimg-v1', Buffer.alloc(0)));
const ways: Readonly<
  Record<string, readonly [Identity | undefined, (socket: TLSSocket) => string | undefined]>
> = {
  'no proof': [identity, () => undefined],
  'an empty proof': [identity, () => ''],
  'a wrong proof': [identity, () => 'A'.repeat(43)],
  "another team's proof": [identity, asOf('receiver')],
  "another team's proof, as a source": [identity, asOf('source')],
  'no certificate': [undefined, () => undefined],
  "no certificate, and another team's proof": [undefined, asOf('receiver')],
};

const answers: Record<string, string> = {};
for (const [way, [who, proof]] of Object.entries(ways)) answers[way] = await answerTo(who, proof);
console.log(JSON.stringify(answers));

/** All bytes that come until the other end closes; the request is sent when the handshake is done. */
function answerTo(
  who: Identity | undefined,
  proofFor: (socket: TLSSocket) => string | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const key = who === undefined ? {} : { cert: who.certificatePem, key: who.privateKeyPem };
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false, ...key });
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
    socket.once('secureConnect', () => {
      const proof = proofFor(socket);
      socket.write(
        [
          `GET ${protocolPath} HTTP/1.1`,
          'Host: p2pimg',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          ...(proof === undefined ? [] : [`${proofHeader}: ${proof}`]),
          '',
          '',
        ].join('\r\n'),
      );
    });
  });
}
