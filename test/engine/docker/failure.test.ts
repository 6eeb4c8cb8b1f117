import { describe, expect, it } from 'vitest';
import { DockerClient } from '../../../src/engine/docker/client.js';
import { engineError, reportedError } from '../../../src/engine/docker/failure.js';
import { P2pimgError } from '../../../src/error.js';
import { engineApi } from './api.js';

const endpoint = { address: 'unix:///engine.sock', namedBy: 'DOCKER_HOST' };
const thrown = (traits: object): Error => Object.assign(new Error('its words'), traits);

describe('what an engine’s client throws', () => {
  it.each([
    [{ statusCode: 404, json: { message: 'No such image: x' } }, 'IMAGE_UNKNOWN', 'No such image: x'],
    [{ statusCode: 500, json: { message: 'on fire' } }, 'ENGINE_FAILED', 'on fire'],
    [{ statusCode: 409, json: null }, 'ENGINE_FAILED', 'its words'],
    [
      { statusCode: 500, json: { message: 'write /x: no space left on device' } },
      'NO_SPACE',
      'write /x: no space left on device',
    ],
    [{ code: 'EACCES' }, 'ENGINE_DENIED', 'no permission to use unix:///engine.sock'],
    [{ code: 'EPERM' }, 'ENGINE_DENIED', 'no permission to use unix:///engine.sock'],
    [{ code: 'ENOENT' }, 'ENGINE_UNREACHABLE', 'no engine answers at unix:///engine.sock: its words'],
    [{ code: 'ECONNREFUSED' }, 'ENGINE_UNREACHABLE', 'no engine answers at unix:///engine.sock: its words'],
    [{ name: 'AbortError' }, 'INTERRUPTED', 'interrupted'],
    [{ code: 'ABORT_ERR' }, 'INTERRUPTED', 'interrupted'],
  ])('(%o) is %s', (traits, code, message) => {
    const cause = thrown(traits);
    const error = engineError(cause, endpoint);
    expect(error).toMatchObject({ code, message, cause });
    expect(error.facts).toMatchObject({ address: endpoint.address, namedBy: 'DOCKER_HOST' });
  });

  it('passes unchanged where it is ours', () => {
    const ours = new P2pimgError('DIGEST_MISMATCH', 'x');
    expect(engineError(ours, endpoint)).toBe(ours);
  });

  it('is told from a real engine’s answers, and from its absence', async () => {
    const { client } = await engineApi((call) =>
      call === 'GET /version' ? { status: 503, json: { message: 'starting' } } : undefined,
    );
    await expect(client.version()).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: 'starting',
      facts: { status: 503 },
    });
    await expect(client.inspect('x')).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' });
    const nowhere = new DockerClient({ address: 'unix:///nowhere.sock', namedBy: 'test' });
    await expect(nowhere.version()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });
});

describe('an error inside an answer', () => {
  it.each([
    ['open /var/lib/docker: No space left on device', 'NO_SPACE'],
    ['invalid diffID for layer 1: expected "sha256:a", got "sha256:b"', 'IMPORT_UNPROVED'],
    ['wrong diff id calculated on extraction sha256:a', 'IMPORT_UNPROVED'],
    ["layers from manifest don't match image configuration: diffIDs do not match", 'IMPORT_UNPROVED'],
    ['unexpected commit digest sha256:a, expected sha256:b', 'IMPORT_UNPROVED'],
    ['writing blob: Digest did not match, expected sha256:a', 'IMPORT_UNPROVED'],
    ['rpc error: digest mismatch', 'IMPORT_UNPROVED'],
    ['Error processing tar file(exit status 1): unexpected EOF', 'ENGINE_FAILED'],
    ['the different ideas match', 'ENGINE_FAILED'],
  ])('(%s) is %s', (said, code) => {
    expect(reportedError(said, endpoint)).toMatchObject({
      code,
      message: said,
      facts: { address: endpoint.address },
    });
  });
});
