const maximumNameBytes = 63;
const maximumLabelBytes = 32;

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g;
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** A device's name as it can be shown anywhere: no control characters, one line, 1–63 bytes of UTF-8. */
export function plainName(text: string, peerId: string): string {
  return plain(text, maximumNameBytes) || peerId.slice(0, 6);
}

/** The DNS-SD instance of a device: its name, at most 32 bytes of it, and six digits of its peer ID. */
export function instanceName(name: string, peerId: string): string {
  const label = plain(name.replaceAll('.', '-'), maximumLabelBytes);
  return `${label === '' ? 'p2pimg' : label}-${peerId.slice(0, 6)}`;
}

/** The host of a device in mDNS: not the machine's own name, which belongs to its system's responder. */
export function hostName(peerId: string): string {
  return `p2pimg-${peerId.slice(0, 12)}.local`;
}

function plain(text: string, bytes: number): string {
  const line = text.replace(escapeSequence, '').replace(invisible, '').replace(/\s+/g, ' ').trim();
  return cut(line, bytes).trim();
}

function cut(text: string, bytes: number): string {
  let kept = '';
  let length = 0;
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > bytes) break;
    kept += character;
  }
  return kept;
}
