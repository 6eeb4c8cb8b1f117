import { createHash } from 'node:crypto';
import { P2pimgError } from '../error.js';
import { readBase32, writeBase32 } from './base32.js';
import { secretLength, Team } from './team.js';

const prefix = 'p2pimg-';
const version = 1;
const checksumLength = 4;

/** The text that lets another device into the team: whoever has it is in. */
export function writeInvite(team: Team): string {
  const body = Buffer.concat([Buffer.of(version), team.secret]);
  return prefix + writeBase32(Buffer.concat([body, checksum(body)]));
}

/** Reads an invite, however the pasted text was wrapped; throws `INVITE_INVALID`. */
export function readInvite(pasted: string): Team {
  const text = pasted.replace(/\s+/g, '');
  const bytes = text.startsWith(prefix) ? readBase32(text.slice(prefix.length)) : undefined;
  if (bytes === undefined || bytes.length <= checksumLength) throw invalid('typo');
  const body = bytes.subarray(0, -checksumLength);
  if (!checksum(body).equals(bytes.subarray(-checksumLength))) throw invalid('typo');
  if (body[0] !== version) throw invalid('version');
  if (body.length !== 1 + secretLength) throw invalid('typo');
  return new Team(body.subarray(1));
}

function checksum(body: Buffer): Buffer {
  return createHash('sha256').update('p2pimg invite').update(body).digest().subarray(0, checksumLength);
}

// Never with the text: a mistyped invite is a secret all but one letter.
function invalid(reason: 'typo' | 'version'): P2pimgError {
  return new P2pimgError('INVITE_INVALID', 'not an invite of this version', { reason });
}
