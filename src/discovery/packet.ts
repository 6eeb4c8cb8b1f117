/** The largest multicast DNS packet, in bytes (RFC 6762, section 17, less the headers before it). */
export const maximumPacketBytes = 9_000;
/** The most questions and records that a packet may count in its header, together. */
export const maximumPacketRecords = 512;

const headerBytes = 12;
const leastQuestionBytes = 5;
const leastRecordBytes = 11;

/**
 * Whether a packet can be what its header counts (RFC 1035, section 4.1.1), so that reading it costs no more than its
 * length: the codec believes the header, and 231 bytes can have it make 32,769 records.
 */
export function isPlausible(packet: Uint8Array): boolean {
  if (packet.length < headerBytes || packet.length > maximumPacketBytes) return false;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const questions = view.getUint16(4);
  const records = view.getUint16(6) + view.getUint16(8) + view.getUint16(10);
  if (questions + records > maximumPacketRecords) return false;
  return headerBytes + questions * leastQuestionBytes + records * leastRecordBytes <= packet.length;
}
