import type { GetEvent, GetRequest } from '../control/api.js';
import type { Engine } from '../engine/port.js';
import { asP2pimgError, type P2pimgError } from '../error.js';
import { parsePlatform } from '../image/platform.js';
import { familiar, parseReference } from '../image/reference.js';
import { parseSelector } from '../image/selector.js';
import type { Catalogue } from './catalogue.js';
import { loaderText } from './engine-text.js';
import type { Getter } from './getter.js';
import type { Run } from './shared-gets.js';

const progressEveryMs = 100;

/** Gets from peers; where nobody has it and the request allows that, lets the engine pull from its registry instead. */
export function orPull(getter: Getter, engine: Engine, catalogue: Catalogue): Run {
  return async (request, emit, signal) => {
    try {
      await getter.get(request, emit, signal);
    } catch (error) {
      const failure = asP2pimgError(error);
      if (!request.orPull || request.dryRun || !isNobody(failure) || signal.aborted) throw error;
      emit(await pull(engine, request, failure, emit, signal));
      await catalogue.refresh();
    }
  };
}

/** Nobody has it, or nobody for this platform. Whoever had it and was lost, or lied, is another matter. */
function isNobody({ code }: P2pimgError): boolean {
  return code === 'NOBODY_HAS_IT' || code === 'OTHER_PLATFORM';
}

async function pull(
  engine: Engine,
  request: GetRequest,
  nobody: P2pimgError,
  emit: (event: GetEvent) => void,
  signal: AbortSignal,
): Promise<GetEvent> {
  const startedAt = performance.now();
  const { reference } = parseSelector(request.image);
  if (reference === undefined) throw nobody.with({ pull: 'an ID alone names nothing in a registry' });
  if (engine.pull === undefined) throw nobody.with({ pull: 'the embedded store pulls from no registry' });
  const identity = await engine.identify();
  const platform = request.platform === undefined ? identity.platform : parsePlatform(request.platform);
  const image = familiar(reference);
  const telling = { type: 'pulling' as const, image, engine: loaderText(identity) };
  emit({ ...telling, received: 0, total: 0 });
  let toldAt = performance.now();
  try {
    let received = 0;
    const id = await engine.pull(reference, platform, signal, (progress) => {
      received = progress.received;
      if (performance.now() - toldAt < progressEveryMs) return;
      toldAt = performance.now();
      emit({ ...telling, ...progress });
    });
    const { configDigest } = await engine.describe(id, platform, signal);
    const name = request.as === undefined ? undefined : parseReference(request.as);
    const replaced = name === undefined ? undefined : await engine.tag(id, name);
    return {
      type: 'done',
      image: name === undefined ? image : familiar(name),
      configDigest,
      id,
      already: false,
      pulled: true,
      received,
      wire: received,
      reused: 0,
      durationMs: Math.round(performance.now() - startedAt),
      replaced,
    };
  } catch (error) {
    const failure = asP2pimgError(error);
    if (signal.aborted || failure.code === 'NO_SPACE') throw failure;
    throw nobody.with({ pull: failure.message });
  }
}
