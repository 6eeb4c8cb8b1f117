import type { ListReport } from '../../../control/api.js';
import { size } from '../../present/units.js';
import { type Check, fail, ok, warning } from '../finding.js';

const little = 512_000_000;
const share = 0.05;

/** Whether the largest image that peers offer, and that is not here, would fit where the engine keeps images. */
export const disk: Check = ({ answers }) => {
  if (answers.by === 'nobody' || answers.status.engine.state === 'down') return undefined;
  const space = answers.status.engine.disk;
  if (space === undefined) return undefined;
  const { folder, free, total } = space;
  const found = `${size(free)} of ${size(total)} are free in ${folder}`;
  const largest = largestMissing(answers.list);
  const todo = ['docker system df shows what fills it; docker image prune removes what nobody uses'];
  if (largest !== undefined && free < largest.size)
    return fail(
      `${found}; ${largest.name}, which peers offer, has ${size(largest.size)}`,
      'it would not fit, and a get of it would fail',
      ...todo,
    );
  if (largest !== undefined && free < 2 * largest.size)
    return warning(
      `${found}; ${largest.name}, which peers offer, has ${size(largest.size)}`,
      'an engine needs up to twice the size while it unpacks',
      ...todo,
    );
  if (free < little || free < share * total)
    return warning(`${found}, which is nearly nothing`, 'larger images will not fit', ...todo);
  return ok(largest === undefined ? found : `${found}, enough for ${largest.name}`);
};

function largestMissing(list: ListReport | undefined): { name: string; size: number } | undefined {
  const missing = (list?.images ?? []).filter(({ here }) => here !== 'yes');
  const [largest] = missing.toSorted((a, b) => b.size - a.size);
  return largest && { name: largest.reference ?? largest.id, size: largest.size };
}
