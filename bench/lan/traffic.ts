import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** What was heard on the group of multicast DNS. */
export interface Heard {
  questions: number;
  answers: number;
  bytes: number;
}

/** Counts what is said on the loopback interface; `take` gives what came since the last time. */
export async function listenToMulticast(): Promise<{ take(): Heard; close(): void }> {
  const nothing = (): Heard => ({ questions: 0, answers: 0, bytes: 0 });
  let heard = nothing();
  const socket = createSocket({ type: 'udp4', reuseAddr: true, recvBufferSize: 4e6 });
  socket.on('message', (packet) => {
    const isAnswer = ((packet[2] ?? 0) & 0x80) !== 0; // the QR bit (RFC 1035, 4.1.1)
    heard[isAnswer ? 'answers' : 'questions'] += 1;
    heard.bytes += packet.length;
  });
  socket.bind(5353, '0.0.0.0');
  await once(socket, 'listening');
  socket.addMembership('224.0.0.251', '127.0.0.1');
  return {
    take: () => {
      const taken = heard;
      heard = nothing();
      return taken;
    },
    close: () => void socket.close(),
  };
}
