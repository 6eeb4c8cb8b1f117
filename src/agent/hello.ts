import { version } from '../version.js';
import type { MessageOf } from '../wire/message.js';
import type { Catalogue } from './catalogue.js';
import type { Uploads } from './uploads.js';

/** What a device says of itself, as it is now. */
export function helloOf(name: string, { active, limit }: Uploads, { state }: Catalogue): MessageOf<'hello'> {
  const engine = state?.type === 'up' ? state.identity : undefined;
  return {
    type: 'hello',
    name,
    version,
    ...(engine && { engine: { kind: engine.kind, version: engine.version, store: engine.store } }),
    uploads: { active, limit },
    ...(engine && { platform: engine.platform }),
  };
}
