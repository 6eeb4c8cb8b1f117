import { createHmac, timingSafeEqual } from 'node:crypto';
import { type PeerId, parsePeerId } from '../wire/peer-id.js';
import { plainName } from './name.js';

/** What a device says of itself on the network. Only a hint: the connection proves who it is. */
export interface Advert {
  readonly peerId: PeerId;
  /** To be shown; unique only with the peer ID. */
  readonly name: string;
  /** A keyed hash of the team's secret, 4–44 base64url characters; absent without a team. */
  readonly teamTag: string | undefined;
  /** The version of the transfer protocol it speaks. */
  readonly protocol: number;
  /** Of its catalogue; another number means another content. */
  readonly generation: number;
  /** What `buildFilter` made; absent means "ask". */
  readonly filter: string | undefined;
  /** What `sealed` made: it shows that someone in the team wrote this, not that it is still true. */
  readonly seal: string | undefined;
  readonly port: number;
  /** IP addresses to dial, the most promising first; at most 8. */
  readonly addresses: readonly string[];
}

/** What a device tells of itself; its addresses are those of the interfaces it speaks on. */
export type SelfAdvert = Omit<Advert, 'addresses'>;

const maximumTxtBytes = 1200;
const filterParts = ['f0', 'f1', 'f2'] as const;
const filterPartLength = 200;
const base64url = /^[A-Za-z0-9_-]+$/;

/** The advert with the team's seal (HMAC-SHA256 over every other field, 96 bits of it): a stranger cannot make one up. */
export function sealed(key: Uint8Array, advert: SelfAdvert): SelfAdvert {
  const plain = { ...advert, name: plainName(advert.name, advert.peerId) };
  return { ...plain, seal: sealOf(key, plain) };
}

/** Whether someone with the team's key wrote this advert. */
export function isSealed(key: Uint8Array, advert: SelfAdvert): boolean {
  if (advert.seal === undefined) return false;
  const [got, wanted] = [Buffer.from(advert.seal), Buffer.from(sealOf(key, advert))];
  return got.length === wanted.length && timingSafeEqual(got, wanted);
}

function sealOf(key: Uint8Array, advert: SelfAdvert): string {
  const { protocol, peerId, name, teamTag, generation, filter, port } = advert;
  return createHmac('sha256', key)
    .update(`advert\0${JSON.stringify([protocol, peerId, name, teamTag, generation, filter, port])}`)
    .digest()
    .toString('base64url', 0, 12);
}

/** The TXT record (RFC 6763, 6) as key and value, each string under 255 bytes. The port is in the SRV record. */
export function toTxt(advert: SelfAdvert): Record<string, string> {
  const txt: Record<string, string> = { v: String(advert.protocol), id: advert.peerId };
  txt.n = plainName(advert.name, advert.peerId);
  if (advert.teamTag !== undefined) txt.t = advert.teamTag;
  txt.g = String(advert.generation);
  if (advert.seal !== undefined) txt.s = advert.seal;
  filterParts.forEach((part, index) => {
    const text = advert.filter?.slice(index * filterPartLength, (index + 1) * filterPartLength);
    if (text) txt[part] = text;
  });
  return txt;
}

/** The advert in a TXT record's strings, whoever sent them; `undefined` for what is none. Unknown keys are ignored. */
export function fromTxt(
  strings: readonly Uint8Array[],
  port: number,
  addresses: readonly string[],
): Advert | undefined {
  const txt = pairs(strings);
  const protocol = wholeNumber(txt?.get('v'), 65_535);
  const generation = wholeNumber(txt?.get('g') ?? '0', Number.MAX_SAFE_INTEGER);
  const peerId = txt?.get('id') ?? '';
  if (txt === undefined || protocol === undefined || generation === undefined) return undefined;
  if (!/^[0-9a-f]{64}$/.test(peerId) || !Number.isInteger(port) || port < 1 || port > 65_535)
    return undefined;
  return {
    peerId: parsePeerId(peerId),
    name: plainName(txt.get('n') ?? '', peerId),
    teamTag: token(txt.get('t'), 4, 44),
    protocol,
    generation,
    filter: token(filterParts.map((part) => txt.get(part) ?? '').join(''), 1, 600),
    seal: token(txt.get('s'), 16, 16),
    port,
    addresses,
  };
}

/** Keys without regard to case, the first of equal ones (RFC 6763, 6.4). */
function pairs(strings: readonly Uint8Array[]): ReadonlyMap<string, string> | undefined {
  const txt = new Map<string, string>();
  let bytes = 0;
  for (const string of strings) {
    bytes += string.length + 1;
    if (bytes > maximumTxtBytes) return undefined;
    const text = Buffer.from(string.buffer, string.byteOffset, string.length).toString('utf8');
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(0, equals)).toLowerCase();
    if (key !== '' && !txt.has(key)) txt.set(key, text.slice(equals + 1));
  }
  return txt;
}

function wholeNumber(text: string | undefined, maximum: number): number | undefined {
  if (text === undefined || !/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const number = Number(text);
  return number <= maximum ? number : undefined;
}

function token(text: string | undefined, shortest: number, longest: number): string | undefined {
  if (text === undefined || text.length < shortest || text.length > longest) return undefined;
  return base64url.test(text) ? text : undefined;
}
