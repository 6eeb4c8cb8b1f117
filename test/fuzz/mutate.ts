import type { Random } from './random.js';

/** An input never grows beyond this by mutation. */
export const longestInput = 64 * 1024;

const bytesOfInterest = [0, 1, 9, 10, 13, 0x20, 0x22, 0x2e, 0x2f, 0x3a, 0x40, 0x5c, 0x7f, 0x80, 0x9b, 0xff];
const numbersOfInterest = [
  0, 1, 0x7f, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0xfffff, 0x100000, 0x100001, 0x7fffffff, 0xffffffff,
];

type Operation = (input: Buffer, random: Random, other: Buffer, words: readonly Buffer[]) => Buffer;

const operations: readonly Operation[] = [
  function flipBit(input, random) {
    const at = random.below(input.length);
    return overwritten(input, at, Buffer.of((input[at] ?? 0) ^ (1 << random.below(8))));
  },
  function setByte(input, random) {
    return overwritten(input, random.below(input.length), Buffer.of(random.of(bytesOfInterest)));
  },
  function randomByte(input, random) {
    return overwritten(input, random.below(input.length), Buffer.of(random.below(256)));
  },
  function setNumber(input, random) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(random.of(numbersOfInterest));
    const size = random.of([1, 2, 4]);
    return overwritten(input, random.below(input.length), number.subarray(4 - size));
  },
  function removeSpan(input, random) {
    const [from, to] = span(input, random);
    return Buffer.concat([input.subarray(0, from), input.subarray(to)]);
  },
  function repeatSpan(input, random) {
    const [from, to] = span(input, random);
    const times = random.onceIn(8) ? 1 + random.below(64) : 1;
    const repeated = Array.from({ length: times }, () => input.subarray(from, to));
    return Buffer.concat([input.subarray(0, to), ...repeated, input.subarray(to)]);
  },
  function moveSpan(input, random) {
    const [from, to] = span(input, random);
    const rest = Buffer.concat([input.subarray(0, from), input.subarray(to)]);
    return inserted(rest, random.below(rest.length + 1), input.subarray(from, to));
  },
  function insertBytes(input, random) {
    const fresh = Buffer.from(Array.from({ length: 1 + random.below(8) }, () => random.below(256)));
    return inserted(input, random.below(input.length + 1), fresh);
  },
  function insertWord(input, random, _other, words) {
    return words.length === 0 ? input : inserted(input, random.below(input.length + 1), random.of(words));
  },
  function overwriteWithWord(input, random, _other, words) {
    return words.length === 0 ? input : overwritten(input, random.below(input.length), random.of(words));
  },
  function insertOfOther(input, random, other) {
    const [from, to] = span(other, random);
    return inserted(input, random.below(input.length + 1), other.subarray(from, to));
  },
  function crossOver(input, random, other) {
    const head = input.subarray(0, random.below(input.length + 1));
    return Buffer.concat([head, other.subarray(random.below(other.length + 1))]);
  },
  function cutShort(input, random) {
    return input.subarray(0, random.below(input.length + 1));
  },
];

/** Another input, made of this one by a few small changes, some of which take from another input, or from words. */
export function mutate(input: Buffer, other: Buffer, words: readonly Buffer[], random: Random): Buffer {
  let mutated = input;
  for (let left = 1 + random.below(random.onceIn(4) ? 8 : 3); left > 0; left -= 1)
    mutated = random.of(operations)(mutated, random, other, words);
  return mutated.length > longestInput ? mutated.subarray(0, longestInput) : mutated;
}

function span(input: Buffer, random: Random): [from: number, to: number] {
  const from = random.below(input.length + 1);
  const longest = random.onceIn(4) ? input.length - from : Math.min(16, input.length - from);
  return [from, from + random.below(longest + 1)];
}

function overwritten(input: Buffer, at: number, by: Buffer): Buffer {
  const copy = Buffer.from(input);
  by.copy(copy, at);
  return copy;
}

function inserted(input: Buffer, at: number, fresh: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, at), fresh, input.subarray(at)]);
}
