import { createSocket, type Socket } from 'node:dgram';
import { setImmediate } from 'node:timers/promises';
import bonjourService from 'bonjour-service';
import { describe, expect, it } from 'vitest';
import { buildFilter, mayContain } from '../../src/discovery/filter.js';
import { advertOf, idOf, key, sharedImage } from './device.js';
import { cleanups, device, loopback, misses, run, sees, timed } from './loopback.js';
import { DeviceProcess } from './process.js';

/** Whatever passes on the loopback interface, as anybody can record it. */
async function eavesdropper(): Promise<{ socket: Socket; packets: Buffer[] }> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  const packets: Buffer[] = [];
  socket.on('message', (packet) => packets.push(packet));
  cleanups.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  await new Promise<void>((resolve) => socket.bind(5353, '0.0.0.0', resolve));
  socket.addMembership('224.0.0.251', '127.0.0.1');
  socket.setMulticastInterface('127.0.0.1');
  return { socket, packets };
}

/** The service's name, as it stands in a packet. */
const service = Buffer.from('075f703270696d67045f746370056c6f63616c00', 'hex');

async function until(is: () => boolean, meanwhile: () => Promise<void>): Promise<void> {
  while (!is()) {
    await meanwhile();
    await setImmediate();
  }
}

describe('discovery on the loopback interface', () => {
  it('finds a device that is there already, sees its changes, and its goodbye', async () => {
    const [ada, bob] = [device('ada'), device('bob')];
    ada.discovery.advertise(advertOf(ada.name));
    await ada.discovery.start();

    const found = timed('found one that is there', sees(bob.discovery, ada.name));
    await bob.discovery.start();
    const { result, ms } = await found;
    expect(ms).toBeLessThan(2_000);
    expect(result).toEqual({ ...advertOf(ada.name), addresses: ['127.0.0.1'] });

    const updated = timed('change seen', sees(bob.discovery, ada.name, 2));
    ada.discovery.advertise(advertOf(ada.name, 2));
    const { result: second, ms: updateMs } = await updated;
    expect(updateMs).toBeLessThan(2_000);
    expect(mayContain({ ...second, key }, second.filter, sharedImage)).toBe(true);

    const gone = timed('goodbye seen', misses(bob.discovery, ada.name));
    await ada.discovery.stop();
    expect((await gone).ms).toBeLessThan(2_000);
  });

  it('finds a device that comes later, and one that begins to advertise, stops and begins again', async () => {
    const [ada, bob] = [device('ada'), device('bob')];
    await bob.discovery.start();
    await ada.discovery.start();
    for (const generation of [1, 2]) {
      const found = timed('found one that comes later', sees(bob.discovery, ada.name, generation));
      ada.discovery.advertise(advertOf(ada.name, generation));
      expect((await found).ms).toBeLessThan(2_000);
      const gone = misses(bob.discovery, ada.name);
      ada.discovery.advertise(undefined);
      await gone;
    }
  });

  it('sees another name and another port of the same device', async () => {
    const [ada, bob] = [device('ada'), device('bob')];
    ada.discovery.advertise(advertOf(ada.name));
    await Promise.all([ada.discovery.start(), bob.discovery.start(), sees(bob.discovery, ada.name)]);
    const renamed = sees(bob.discovery, `x${ada.name}`);
    ada.discovery.advertise(advertOf(ada.name, 1, { name: `x${ada.name}`, port: 4_000 }));
    expect(await renamed).toMatchObject({ peerId: idOf(ada.name), port: 4_000 });
  });

  it('never reports the device itself', async () => {
    const [ada, bob] = [device('ada'), device('bob')];
    const seen: string[] = [];
    ada.discovery.events.on('seen', ({ name }) => seen.push(name));
    ada.discovery.advertise(advertOf(ada.name));
    bob.discovery.advertise(advertOf(bob.name));
    const both = Promise.all([sees(bob.discovery, ada.name), sees(ada.discovery, bob.name)]);
    await Promise.all([ada.discovery.start(), bob.discovery.start(), both]);
    expect(seen).not.toContain(ada.name);
  });

  it('finds a device in another process, sees its changes, and its goodbye', {
    timeout: 60_000,
  }, async () => {
    const bob = device('bob');
    const name = `ada-process-${run}`;
    await bob.discovery.start();
    const found = sees(bob.discovery, name);
    const ada = DeviceProcess.start(name, ...loopback);
    cleanups.push(() => ada.kill());
    await ada.said(({ type }) => type === 'started');
    await found;

    const late = device('late');
    const second = timed('found one in another process', sees(late.discovery, name));
    await late.discovery.start();
    expect((await second).ms).toBeLessThan(2_000);

    const updated = timed('change in another process seen', sees(bob.discovery, name, 2));
    ada.command('generation 2');
    expect((await updated).ms).toBeLessThan(2_000);
    const gone = timed('goodbye of another process seen', misses(bob.discovery, name));
    ada.command('stop');
    expect((await gone).ms).toBeLessThan(2_000);
    await ada.said(({ type }) => type === 'stopped');
  });

  it('finds twenty devices soon enough for a command that begins and ends', async () => {
    const others = Array.from({ length: 20 }, (_, index) => device(`other${index}`));
    for (const { name, discovery } of others) discovery.advertise(advertOf(name));
    await Promise.all(others.map(({ discovery }) => discovery.start()));
    const command = device('command');
    const all = timed(
      'found all of twenty',
      Promise.all(others.map(({ name }) => sees(command.discovery, name))),
    );
    await command.discovery.start();
    expect((await all).ms).toBeLessThan(2_000);
    expect((await timed('stopped', command.discovery.stop())).ms).toBeLessThan(500);
  });

  it('tells an eavesdropper no image, in no packet', async () => {
    const { packets } = await eavesdropper();
    const [ada, bob] = [device('ada'), device('bob')];
    ada.discovery.advertise(advertOf(ada.name));
    await Promise.all([ada.discovery.start(), bob.discovery.start(), sees(bob.discovery, ada.name)]);
    const updated = sees(bob.discovery, ada.name, 2);
    ada.discovery.advertise(advertOf(ada.name, 2));
    await updated;
    const gone = misses(bob.discovery, ada.name);
    await Promise.all([gone, ada.discovery.stop()]);
    const ours = packets.filter((packet) => packet.includes(`ada-${run}`));
    expect(ours.length).toBeGreaterThanOrEqual(2);
    for (const packet of ours) {
      expect(packet.length).toBeLessThan(1_400);
      for (const word of ['secret', 'project', 'acme', '2024:', 'docker'])
        expect(packet.toString('latin1')).not.toContain(word);
    }
    const { peerId } = advertOf(ada.name);
    const stranger = { key: Buffer.alloc(32, 9), peerId, generation: 1 };
    expect(buildFilter(stranger, [sharedImage])).not.toBe(advertOf(ada.name).filter);
  });

  it('survives any packet, and answers a flood of questions once a second at most', async () => {
    const [ada, bob] = [device('ada'), device('bob')];
    const { socket, packets } = await eavesdropper();
    const troubles: unknown[] = [];
    for (const { discovery } of [ada, bob]) discovery.events.on('trouble', (error) => troubles.push(error));
    ada.discovery.advertise(advertOf(ada.name));
    await Promise.all([ada.discovery.start(), bob.discovery.start(), sees(bob.discovery, ada.name)]);
    const send = (packet: Buffer): Promise<void> =>
      new Promise((resolve) => socket.send(packet, 5353, '224.0.0.251', () => resolve()));

    const good = packets.find((packet) => packet.includes(`ada-${run}`)) ?? Buffer.alloc(0);
    expect(good.length).toBeGreaterThan(500);
    for (let index = 0; index < 1_000; index += 1) {
      const bad = Buffer.from(good.subarray(0, index % 7 === 0 ? index % good.length : good.length));
      for (let bits = 0; bits < 1 + (index % 5) && bad.length > 0; bits += 1) {
        const at = (index * 7919 + bits * 104_729) % bad.length;
        bad[at] = (index * 31 + bits * 17) & 255;
      }
      await send(bad);
    }

    await until(
      () => packets.some((packet) => packet.includes('marker')),
      () => send(Buffer.from('marker')),
    );
    packets.length = 0;
    const question = Buffer.concat([
      Buffer.from('000000000001000000000000', 'hex'),
      service,
      Buffer.from('000c0001', 'hex'),
    ]);
    const begun = performance.now();
    for (let index = 0; index < 2_000; index += 1) await send(question);
    const updated = sees(bob.discovery, ada.name, 3);
    ada.discovery.advertise(advertOf(ada.name, 3));
    await updated;
    const answers = packets.filter((packet) => packet[2] === 0x84 && packet.includes(`ada-${run}`)).length;
    const seconds = (performance.now() - begun) / 1_000;
    console.log(`discovery: ${answers} answers to 2,000 questions in ${seconds.toFixed(2)} s`);
    expect(answers).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
    expect(troubles).toEqual([]);
  });

  it('is understood by a plain bonjour-service browser, changes and goodbye too', async () => {
    const plain = new bonjourService({ interface: '127.0.0.1', bind: '0.0.0.0' } as object, () => undefined);
    cleanups.push(() => new Promise<void>((resolve) => plain.destroy(() => resolve())));
    const ada = device('ada');
    const browser = plain.find({ type: 'p2pimg' });
    const ours = (service: bonjourService.Service): boolean => service.txt?.id === idOf(ada.name);
    const event = (type: 'up' | 'down' | 'txt-update', is = ours): Promise<bonjourService.Service> =>
      new Promise((resolve) =>
        browser.on(type, (service: bonjourService.Service) => is(service) && resolve(service)),
      );

    const up = event('up');
    ada.discovery.advertise(advertOf(ada.name));
    await ada.discovery.start();
    const service = await up;
    expect(service).toMatchObject({ port: 39_041, host: `p2pimg-${idOf(ada.name).slice(0, 12)}.local` });
    expect(service.addresses).toEqual(['127.0.0.1']);
    const update = event('txt-update', (one) => ours(one) && one.txt.g === '2');
    ada.discovery.advertise(advertOf(ada.name, 2));
    await update;
    const down = event('down');
    await ada.discovery.stop();
    await down;
  });
});
