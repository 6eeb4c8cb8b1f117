import { type Check, ok, warning } from '../finding.js';

const toleranceMs = 10 * 60_000;

/** Whether the clock may be wrong: this device's key, or an image that peers have, was made in its future. */
export const clock: Check = ({ now, keyMadeAt, answers }) => {
  const means =
    'ages of images are wrong, and which of two is the newer; certificates of registries may be refused';
  const todo = [
    'let the system set its clock: sudo timedatectl set-ntp true; macOS and Windows have it in Settings',
  ];
  const today = new Date(now).toISOString().slice(0, 16).replace('T', ' ');
  if (keyMadeAt !== undefined && keyMadeAt > now + toleranceMs)
    return warning(
      `it is ${today} UTC here, but this device's key was made on ${new Date(keyMadeAt).toISOString().slice(0, 10)}`,
      `the clock is slow, or was fast at that time: ${means}`,
      ...todo,
    );
  const images = answers.by === 'nobody' ? [] : (answers.list?.images ?? []);
  const ahead = images.find(
    ({ created }) => created !== undefined && Date.parse(created) > now + toleranceMs,
  );
  if (ahead !== undefined)
    return warning(
      `it is ${today} UTC here, but ${ahead.reference ?? ahead.id} of ${ahead.peers.map(({ name }) => name).join(', ')} was built at ${ahead.created}`,
      `this clock is slow, or the one over there was fast: ${means}`,
      ...todo,
    );
  return ok(`${today} UTC; nothing known was made later`);
};
