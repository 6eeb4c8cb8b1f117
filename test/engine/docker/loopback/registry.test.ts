import { get } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import {
  LoopbackRegistry,
  type Repository,
  refuse,
} from '../../../../src/engine/docker/loopback/registry.js';

const opened: Repository[] = [];
afterEach(() => {
  for (const repository of opened.splice(0)) repository.close();
});

async function open(registry: LoopbackRegistry, status = 204): Promise<Repository> {
  const repository = await registry.open(async (_request, response) => refuse(response, status));
  opened.push(repository);
  return repository;
}

const addressOf = ({ name }: Repository) => name.slice(0, name.indexOf('/'));
const pathOf = ({ name }: Repository) => name.slice(name.indexOf('/') + 1);
/** Over a connection of its own: one that was kept would be of a registry that is closed. */
const statusAt = (url: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    get(url, { agent: false }, (response) => resolve(response.resume().statusCode)).on('error', reject);
  });

describe('a registry on the loopback interface', () => {
  it('answers below the path of what is open, and nowhere else', async () => {
    const one = await open(new LoopbackRegistry('secret'));
    const at = `http://${addressOf(one)}`;
    expect(await statusAt(`${at}/v2/`)).toBe(200);
    expect(await statusAt(`${at}/v2/${pathOf(one)}/blobs/uploads/`)).toBe(204);
    for (const path of ['/', '/v2', '/v2/_catalog', '/v2/app/manifests/1', `/v2/${pathOf(one)}0/blobs/`])
      expect([path, await statusAt(at + path)]).toEqual([path, 404]);
  });

  it('has another path for each that is open at once, and the same again when one is closed', async () => {
    const registry = new LoopbackRegistry('secret');
    const [one, two] = [await open(registry, 200), await open(registry, 204)];
    expect(addressOf(one)).toBe(addressOf(two));
    expect(pathOf(one)).not.toBe(pathOf(two));
    expect(await statusAt(`http://${addressOf(two)}/v2/${pathOf(two)}/blobs/`)).toBe(204);
    one.close();
    expect(await statusAt(`http://${addressOf(two)}/v2/${pathOf(one)}/blobs/`)).toBe(404);
    expect((await open(registry)).name).toBe(one.name);
  });

  it('does not listen while nothing is open', async () => {
    const one = await open(new LoopbackRegistry('secret'));
    one.close();
    await expect(statusAt(`http://${addressOf(one)}/v2/`)).rejects.toThrow('ECONNREFUSED');
  });

  it('listens on 127.0.0.1 alone', async () => {
    const port = addressOf(await open(new LoopbackRegistry('secret'))).split(':')[1];
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((one) => one?.family === 'IPv4' && one.address !== '127.0.0.1');
    for (const other of others)
      await expect(statusAt(`http://${other?.address}:${port}/v2/`)).rejects.toThrow('ECONNREFUSED');
  });

  it('is at the same place each time for one secret, and has another path for another', async () => {
    const one = await open(new LoopbackRegistry('secret'));
    one.close();
    expect((await open(new LoopbackRegistry('secret'))).name).toBe(one.name);
    expect(pathOf(await open(new LoopbackRegistry('other')))).not.toBe(pathOf(one));
  });

  it('takes another port where its own is taken', async () => {
    const [one, two] = [
      await open(new LoopbackRegistry('secret')),
      await open(new LoopbackRegistry('secret')),
    ];
    expect(addressOf(two)).not.toBe(addressOf(one));
    expect(await statusAt(`http://${addressOf(two)}/v2/${pathOf(two)}/blobs/`)).toBe(204);
  });
});
