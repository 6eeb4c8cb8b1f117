import { loadIdentity } from '../../src/trust/identity.js';

// A process of its own for the test of two at once: prints the peer ID of the folder's identity.
const identity = await loadIdentity(process.argv[2] ?? '');
process.stdout.write(identity.peerId);
