import { buffer } from 'node:stream/consumers';
import type { Digest } from '../../src/image/digest.js';
import { type ImageDescription, missingBlobs } from '../../src/image/image.js';
import { writeFrame } from '../../src/wire/frame.js';
import type { Message } from '../../src/wire/message.js';
import { blobsOf, descriptionOf } from '../engine/claims/source.js';
import type { Image } from '../fixtures/image.js';
import type { MemoryChannel } from './memory-channel.js';
import { TestPeer } from './peers.js';

/** What a source sends after the want: messages, and frames as they are. */
export type Step = Message | Buffer;

/** What a scripted source does otherwise than an honest one. */
export interface Script {
  readonly offer?: (image: ImageDescription) => ImageDescription;
  readonly steps?: (steps: readonly Step[]) => readonly Step[];
  /** Instead of the offer. */
  readonly instead?: readonly Step[];
}

/** Everything that an honest source sends of an image, in frames of a few bytes. */
export async function stepsOf(image: Image, wanted?: readonly Digest[]): Promise<Step[]> {
  const steps: Step[] = [{ type: 'preparing', what: 'reading' }];
  for await (const { digest, size, content } of blobsOf(image, wanted)) {
    const bytes = await buffer(content);
    steps.push({ type: 'blob', digest, size, offset: 0 });
    for (let at = 0; at < size; at += 100)
      steps.push(writeFrame({ type: 'identity', payload: bytes.subarray(at, at + 100) }));
    steps.push({ type: 'blobEnd', digest, size });
  }
  return [...steps, { type: 'end' }];
}

/** A peer that has an image and keeps to its script, until the receiver leaves. */
export function scripted(name: string, image: Image, script: Script): TestPeer {
  return new TestPeer(name, async (channel) => {
    await channel.send({ type: 'hello', name, version: '1', uploads: { active: 0, limit: 1 } });
    await channel.receive();
    const description = descriptionOf(image);
    const offer: Message = {
      type: 'offer',
      image: script.offer?.(description) ?? description,
      encoding: 'identity',
    };
    for (const step of script.instead ?? [offer]) await sendStep(channel, step);
    await channel.receive();
    const steps = await stepsOf(image, missingBlobs(description, new Map()));
    for (const step of script.steps?.(steps) ?? steps) await sendStep(channel, step);
    await channel.ended();
  });
}

function sendStep(channel: MemoryChannel, step: Step): Promise<void> {
  return Buffer.isBuffer(step) ? channel.sendFrame(step) : channel.send(step);
}

/** The steps with those of one kind changed; `at` counts them from 0. */
export function changed<T extends Message['type']>(
  type: T,
  change: (message: Extract<Message, { type: T }>, at: number) => Step | undefined,
): (steps: readonly Step[]) => Step[] {
  return (steps) => {
    let at = 0;
    return steps.flatMap((step) => {
      if (Buffer.isBuffer(step) || step.type !== type) return [step];
      const instead = change(step as Extract<Message, { type: T }>, at++);
      return instead === undefined ? [] : [instead];
    });
  };
}

/** The steps with the n-th frame changed, or left out. */
export function changedFrame(
  n: number,
  change: (frame: Buffer) => readonly Step[],
): (steps: readonly Step[]) => Step[] {
  return (steps) => {
    let at = 0;
    return steps.flatMap((step) =>
      Buffer.isBuffer(step) && at++ === n ? change(Buffer.from(step)) : [step],
    );
  };
}
