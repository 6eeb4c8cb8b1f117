const blockSize = 512;

/** The header block of a regular file of mode 644 (POSIX ustar); same for the same name and size. Names up to 100 characters. */
export function fileHeader(name: string, size: number): Buffer {
  const block = Buffer.alloc(blockSize);
  block.write(name, 0, 100, 'latin1');
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  writeSize(block, size);
  block.write('00000000000\0', 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

/** The zeros after a file's content, up to the next block. */
export function padding(size: number): Buffer {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize);
}

/** The two blocks of zeros that end an archive. */
export const endOfArchive = Buffer.alloc(2 * blockSize);

/** Eleven octal digits hold less than 8 GiB; from there on GNU's form, a binary number marked by its first bit. */
function writeSize(block: Buffer, size: number): void {
  if (size < 8 ** 11) block.write(`${octal(size, 11)}\0`, 124);
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(size), 128);
  }
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
