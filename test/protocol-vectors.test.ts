import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromTxt, isSealed, sealed, toTxt } from '../src/discovery/advert.js';
import { buildFilter, mayContain } from '../src/discovery/filter.js';
import { hostName, instanceName } from '../src/discovery/name.js';
import { proofHeader, protocolPath, versionHeader } from '../src/net/handshake.js';
import { readInvite, writeInvite } from '../src/trust/invite.js';
import { prove } from '../src/trust/proof.js';
import { Team } from '../src/trust/team.js';
import { decodeFrame, supportedEncodings } from '../src/wire/codec.js';
import { maximumFrameLength, readFrame, writeFrame } from '../src/wire/frame.js';
import { type Message, readMessage } from '../src/wire/message.js';
import { parsePeerId } from '../src/wire/peer-id.js';

interface Vectors {
  readonly team: Readonly<Record<'secret' | 'tag' | 'proofKey' | 'filterKey' | 'invite', string>>;
  readonly proof: Readonly<Record<'keyingMaterial' | 'receiver' | 'source', string>>;
  readonly advert: {
    readonly items: readonly string[];
    readonly port: number;
    readonly instance: string;
    readonly host: string;
    readonly sealedText: string;
    readonly txt: Readonly<Record<'v' | 'id' | 'n' | 't' | 'g' | 's' | 'f0' | 'f1' | 'f2', string>>;
  };
  readonly frames: readonly Readonly<Record<'frame' | 'content', string>>[];
}

const document = readFileSync(new URL('../docs/protocol.md', import.meta.url), 'utf8');

/** The JSON blocks of one section of the document. */
function jsonIn(heading: string): string[] {
  const section = document.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, json = '']) => json);
}

const vectors = JSON.parse(jsonIn('Test vectors')[0] ?? 'null') as Vectors;
const bytes = (digits: string): Buffer => Buffer.from(digits, 'hex');
const team = new Team(bytes(vectors.team.secret));

describe('the code keeps to the vectors of docs/protocol.md', () => {
  it('in the keys of a team, and its invite', () => {
    const { tag, proofKey, filterKey, invite } = vectors.team;
    expect(team.tag).toBe(tag);
    expect(team.proofKey).toEqual(bytes(proofKey));
    expect(team.filterKey).toEqual(bytes(filterKey));
    expect(writeInvite(team)).toBe(invite);
    expect(readInvite(invite).secret).toEqual(team.secret);
  });

  it('in the proofs', () => {
    const { keyingMaterial, receiver, source } = vectors.proof;
    expect(prove(team, 'receiver', bytes(keyingMaterial))).toBe(receiver);
    expect(prove(team, 'source', bytes(keyingMaterial))).toBe(source);
  });

  it('in the advert, its filter and its seal', () => {
    const { items, port, instance, host, sealedText, txt } = vectors.advert;
    const [peerId, generation, filter] = [parsePeerId(txt.id), Number(txt.g), txt.f0 + txt.f1 + txt.f2];
    const context = { key: team.filterKey, peerId, generation };
    expect(buildFilter(context, items)).toBe(filter);
    expect(items.every((item) => mayContain(context, filter, item))).toBe(true);

    const plain = {
      peerId,
      name: txt.n,
      teamTag: team.tag,
      protocol: Number(txt.v),
      generation,
      filter,
      port,
    };
    expect(toTxt(sealed(team.filterKey, { ...plain, seal: undefined }))).toEqual(txt);
    expect(instanceName(txt.n, peerId)).toBe(instance);
    expect(hostName(peerId)).toBe(host);

    const text = sealedText.replace('<f0><f1><f2>', filter);
    const seal = createHmac('sha256', team.filterKey).update(`advert\0${text}`).digest();
    expect(seal.toString('base64url', 0, 12)).toBe(txt.s);
  });

  it('in reading that advert', () => {
    const { port, txt } = vectors.advert;
    const strings = Object.entries(txt).map(([key, value]) => Buffer.from(`${key}=${value}`));
    const advert = fromTxt(strings, port, ['192.0.2.1']);
    expect(advert && isSealed(team.filterKey, advert)).toBe(true);
  });

  it.each(vectors.frames)('in the frame $frame', async ({ frame, content }) => {
    expect(writeFrame(readFrame(bytes(frame)))).toEqual(bytes(frame));
    if (bytes(frame)[0] === 0 || supportedEncodings().includes('zstd'))
      expect(await decodeFrame(bytes(frame))).toEqual(bytes(content));
  });
});

describe('docs/protocol.md', () => {
  const examples = jsonIn('Messages');

  it('shows every message, and no other', () => {
    const all: Record<Message['type'], true> = {
      hello: true,
      list: true,
      catalogue: true,
      changed: true,
      request: true,
      preparing: true,
      offer: true,
      want: true,
      ready: true,
      read: true,
      blob: true,
      blobEnd: true,
      end: true,
      refuse: true,
      bring: true,
      withdraw: true,
      asking: true,
      taking: true,
      plan: true,
      progress: true,
      loading: true,
      lost: true,
      resumed: true,
      taken: true,
    };
    expect(examples.map((text) => JSON.parse(text).type).toSorted()).toEqual(Object.keys(all).toSorted());
  });

  it('shows messages of which no field is unknown', () => {
    for (const text of examples) expect(readMessage(text)).toEqual(JSON.parse(text));
  });

  it.each([
    `GET ${protocolPath} HTTP/1.1`,
    `${proofHeader}: <proof of the receiver>`,
    `\`${versionHeader}: 1\``,
    maximumFrameLength.toLocaleString('en'),
  ])('names %s', (text) => {
    expect(document).toContain(text);
  });
});
