import { describe, expect, it } from 'vitest';
import { type RowFilter, selectRows } from '../../src/cli/select-rows.js';
import type { ListRow } from '../../src/control/api.js';
import { digestOf } from '../../src/image/digest.js';

const id = digestOf('x');
const mara = { name: 'mara', id: 'aa11bb22' };
const jonas = { name: 'jonas', id: 'cc33dd44' };
const row = (reference: string, here: ListRow['here'], older?: boolean, peer = mara): ListRow => ({
  reference,
  id,
  platforms: [],
  size: 1,
  peers: [peer],
  here,
  ...(older === undefined ? {} : { other: { id, older } }),
});
const images = [
  row('team/a:1', 'yes'),
  row('team/b:1', 'no'),
  row('team/c:1', 'other', true),
  row('team/d:1', 'other', false, jonas),
];
const names = (filter: RowFilter) =>
  selectRows({ team: 't', images, peers: [], otherTeams: 0 }, filter).images.map(
    ({ reference }) => reference,
  );

describe('ls', () => {
  it('shows all rows where nothing is said', () => expect(names({})).toHaveLength(4));
  it('--outdated shows those of which an older one is here', () =>
    expect(names({ outdated: true })).toEqual(['team/c:1']));
  it('--missing shows those that are not here', () => expect(names({ missing: true })).toEqual(['team/b:1']));
  it('--from shows those of one peer, by name or by ID', () => {
    expect(names({ from: 'jonas' })).toEqual(['team/d:1']);
    expect(names({ from: 'cc33dd' })).toEqual(['team/d:1']);
    expect(names({ from: 'cc' })).toEqual([]);
  });
  it('shows what all of them let through', () => {
    expect(names({ pattern: 'team/c', outdated: true, from: 'mara' })).toEqual(['team/c:1']);
    expect(names({ pattern: 'team/a', outdated: true })).toEqual([]);
  });
});
