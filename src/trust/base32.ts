const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Bytes as lower-case base32 without padding (RFC 4648, section 6). */
export function writeBase32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held & 0xff) << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet.charAt((held >> (bits - 5)) & 31);
  }
  return bits > 0 ? text + alphabet.charAt((held << (5 - bits)) & 31) : text;
}

/** The bytes of lower-case base32; `undefined` for anything that `writeBase32` would not have written. */
export function readBase32(text: string): Buffer | undefined {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const digit of text) {
    const value = alphabet.indexOf(digit);
    if (value < 0) return undefined;
    held = ((held & 0xff) << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  const read = Buffer.from(bytes);
  return writeBase32(read) === text ? read : undefined;
}
