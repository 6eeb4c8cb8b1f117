import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  isTemporary,
  isTemporaryName,
  loopbackRepository,
  loopbackTag,
  removeTemporary,
  sweepTemporary,
  temporaryName,
  useTemporary,
} from '../../../src/engine/docker/temporary.js';
import { digestOf } from '../../../src/image/digest.js';
import { parseReference } from '../../../src/image/reference.js';
import { engineApi, imageRoutes } from './api.js';

describe('a temporary name', () => {
  it('is one that an engine takes, and another every time', () => {
    const [one, other] = [temporaryName(), temporaryName()];
    expect(one).not.toBe(other);
    expect(isTemporary(parseReference(one))).toBe(true);
    expect(one).toMatch(new RegExp(`^p2pimg-temporary/[0-9a-f]{8}-${process.pid}-[0-9a-f]{16}$`));
  });

  it('is known wherever it stands', () => {
    const name = temporaryName();
    expect(isTemporary(parseReference(`127.0.0.1:5000/${name}:probe`))).toBe(true);
    expect(isTemporaryName(`docker.io/${name}:probe`)).toBe(true);
    for (const other of ['p2pimg-temporary', 'p2pimg-temporary-tools/x', 'team/app']) {
      expect(isTemporary(parseReference(other))).toBe(false);
      expect(isTemporaryName(other)).toBe(false);
    }
  });
});

describe('what a crash left', () => {
  // The process is gone by then; its number is not given out again so soon.
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const mine = temporaryName();
  const left = mine.replace(`-${process.pid}-`, `-${pid}-`);
  const [pushed, digits] = [loopbackRepository('0123456789abcdef-0'), loopbackRepository(`${pid}-0`)];
  const elsewhere = left.replace(/\/[0-9a-f]{8}-/, '/00000000-');

  it('is taken away, and neither what is in use nor what other machines or people named', async () => {
    const tags = [
      `${left}:probe`,
      `${mine}:probe`,
      `${elsewhere}:probe`,
      'app:1',
      `127.0.0.1:9/${left}:latest`,
      `127.0.0.1:9/${pushed}:${pid}-now`,
      `127.0.0.1:9/${pushed}:${loopbackTag()}`,
      `127.0.0.1:9/${digits}:${loopbackTag()}`,
    ];
    const routes = imageRoutes(() => [
      { Id: digestOf('1'), RepoTags: tags },
      { Id: digestOf('2'), RepoTags: null },
    ]);
    const { client, calls } = await engineApi((call) =>
      call.startsWith('DELETE') ? { json: [] } : routes(call),
    );
    await sweepTemporary(client);
    expect(calls.filter((call) => call.startsWith('DELETE'))).toEqual([
      `DELETE /images/${left}:probe`,
      `DELETE /images/127.0.0.1:9/${left}:latest`,
      `DELETE /images/127.0.0.1:9/${pushed}:${pid}-now`,
    ]);
  });

  it('goes as well where it is of this very process, whose engine was away just then, and not when it is in use again', async () => {
    const [first, second] = [`${temporaryName()}:probe`, `${temporaryName()}:probe`];
    let isAway = true;
    const routes = imageRoutes(() => [{ Id: digestOf('1'), RepoTags: [first, second] }]);
    const { client, calls } = await engineApi((call) => {
      if (!call.startsWith('DELETE')) return routes(call);
      return isAway ? { status: 500, json: { message: 'not now' } } : { json: [] };
    });
    for (const name of [first, second])
      await expect(removeTemporary(client, name)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    useTemporary(second);
    isAway = false;
    calls.length = 0;
    await sweepTemporary(client);
    await sweepTemporary(client);
    expect(calls.filter((call) => call.startsWith('DELETE'))).toEqual([`DELETE /images/${first}`]);
  });

  it('may have been taken away by another meanwhile', async () => {
    const { client } = await engineApi(
      imageRoutes(() => [{ Id: digestOf('1'), RepoTags: [`${left}:probe`] }]),
    );
    await expect(sweepTemporary(client)).resolves.toBeUndefined();
  });
});
