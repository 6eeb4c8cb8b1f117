import { expect, it } from 'vitest';
import { P2pimgError } from '../../src/error.js';
import { parseDigest } from '../../src/image/digest.js';
import { localPlatform } from '../../src/image/platform.js';
import { sendBlob } from '../../src/transfer/send-blob.js';
import { CompressionChoice } from '../../src/wire/compression-choice.js';
import { descriptionOf, freshImage } from '../engine/claims/source.js';
import { channelPair } from './memory-channel.js';

const image = await freshImage(localPlatform());

it.each(['identity', 'zstd'] as const)(
  'leaves a blob whose receiver went away before its announcement, in %s: an engine would wait',
  async (encoding) => {
    let state: 'unread' | 'reading' | 'left' = 'unread';
    async function* content(): AsyncGenerator<Buffer> {
      state = 'reading';
      try {
        for (;;) yield Buffer.alloc(1_000);
      } finally {
        state = 'left';
      }
    }
    const { giving } = channelPair();
    giving.destroy(new P2pimgError('PEER_LOST', 'the cable was cut'));
    const blob = {
      digest: parseDigest(image.config.digest),
      size: 10_000_000,
      offset: 0,
      content: content(),
    };
    const sending = { image: descriptionOf(image), encoding, choice: new CompressionChoice() };
    await expect(sendBlob(giving, blob, 0, sending)).rejects.toMatchObject({ code: 'PEER_LOST' });
    expect(state).toBe('left');
  },
);
