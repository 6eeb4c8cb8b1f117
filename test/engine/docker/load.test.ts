import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { loadBlobs } from '../../../src/engine/docker/load.js';
import { P2pimgError } from '../../../src/error.js';
import { localPlatform } from '../../../src/image/platform.js';
import { blobsOf, descriptionOf, freshImage } from '../claims/source.js';
import { engineApi, imageRoutes, type MadeUp } from './api.js';

it('takes away the image that an engine made of a whole archive after nobody wanted it any more', async () => {
  const image = await freshImage(localPlatform());
  const description = descriptionOf(image);
  const here: MadeUp[] = [];
  const stop = new AbortController();
  const routes = imageRoutes(() => here);
  const { client, calls } = await engineApi((call) => {
    if (call === 'POST /images/load') return (response) => load(response);
    if (call === `DELETE /images/${description.configDigest}`) {
      here.length = 0;
      return { json: [] };
    }
    return routes(call);
  });
  /** The engine has read everything when the person stops, and goes on all the same. */
  function load(response: ServerResponse): void {
    response.req
      .on('data', () => undefined)
      .on('end', () => {
        stop.abort(new P2pimgError('INTERRUPTED', 'interrupted'));
        setImmediate(() => {
          here.push({ Id: description.configDigest, layers: image.diffIds as MadeUp['layers'] & {} });
          response.end(JSON.stringify({ stream: `Loaded image ID: ${description.configDigest}\n` }));
        });
      });
  }

  const loading = loadBlobs(client, 'classic', description, new Map(), blobsOf(image), stop.signal);
  await expect(loading).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(here).toEqual([]);
  expect(calls.filter((call) => call.startsWith('DELETE'))).toHaveLength(1);
});
