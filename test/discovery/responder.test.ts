import { expect, it, onTestFinished } from 'vitest';
import { instanceName } from '../../src/discovery/name.js';
import { Responder } from '../../src/discovery/responder.js';
import { serviceName } from '../../src/discovery/sighting.js';
import { advertOf } from './device.js';

it('keeps an answer to itself that came with the question, unless half of its time is over', () => {
  const responder = new Responder(
    '127.0.0.1',
    () => true,
    () => ['127.0.0.1'],
    () => undefined,
  );
  onTestFinished(() => responder.close());
  const advert = advertOf('ada');
  const question = { name: serviceName, type: 'PTR' };
  const ours = `${instanceName(advert.name, advert.peerId)}.${serviceName}`;
  const known = (data: string, ttl: number) => [{ name: serviceName, type: 'PTR', ttl, data }];
  expect(responder.isKnown(question, known(ours, 28_800))).toBe(false);

  responder.publish(advert);
  expect(responder.isKnown(question, known(ours, 28_800))).toBe(true);
  expect(responder.isKnown(question, known(ours.toUpperCase(), 14_400))).toBe(true);
  expect(responder.isKnown(question, known(ours, 14_399))).toBe(false);
  expect(responder.isKnown(question, known(`other.${serviceName}`, 28_800))).toBe(false);
  expect(responder.isKnown(question, [])).toBe(false);
  expect(responder.isKnown({ name: ours, type: 'TXT' }, known(ours, 28_800))).toBe(false);
});
