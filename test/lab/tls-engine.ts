import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { createServer } from 'node:tls';

/** An engine's socket at a TCP port with TLS, as docker-machine's are: `tls-engine.ts FOLDER HOST PORT SOCKET`. */
const [folder = '', host = '', port = '', socketPath = ''] = process.argv.slice(2);
const read = (file: string) => readFileSync(path.join(folder, file));

createServer(
  {
    ca: read('ca.pem'),
    cert: read('server.pem'),
    key: read('server-key.pem'),
    requestCert: true,
    rejectUnauthorized: true,
  },
  (secure) => {
    const engine = connect({ path: socketPath, allowHalfOpen: true });
    secure.pipe(engine).pipe(secure);
    secure.on('error', () => engine.destroy());
    engine.on('error', () => secure.destroy());
  },
).listen(Number(port), host, () => process.stdout.write('listening\n'));
