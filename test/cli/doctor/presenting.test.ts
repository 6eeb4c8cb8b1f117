import { describe, expect, it } from 'vitest';
import { examine } from '../../../src/cli/doctor/examine.js';
import { doctorLines } from '../../../src/cli/present/doctor.js';
import { widthOf } from '../../../src/cli/present/width.js';
import { writtenTerminal } from '../present/written.js';
import { answering, hearing, well } from './seen.js';

const engine = {
  state: 'down',
  address: 'unix:///run/docker.sock',
  reason: 'connect ENOENT \u001b[31m/run/docker.sock',
  code: 'ENGINE_UNREACHABLE',
} as const;
const ill = examine({
  ...answering({ engine, peers: 0, visitors: 0 }),
  hearings: [hearing({ others: [], adverts: [] })],
});

describe('what the doctor found', () => {
  it('is a line a check, and under what is not well what it means and what to do', () => {
    const lines = doctorLines(ill, writtenTerminal());
    const at = lines.findIndex((line) => line.startsWith('✗ engine'));
    expect(lines.slice(at, at + 4)).toEqual([
      '✗ engine        no engine answers at unix:///run/docker.sock: connect ENOENT /run/docker.sock (asked by the agent, which may run as another user)',
      '  means     no image of this machine is shared, and none can be brought here',
      '  try       sudo systemctl start docker, or systemctl --user start docker for a rootless one',
      '            for Podman: systemctl --user enable --now podman.socket',
    ]);
    expect(lines.at(-1)).toBe('1 failed, 1 warning, 12 well');
  });

  it.each([60, 80, 200])('fits %i columns, but for a word that is longer', (columns) => {
    for (const line of doctorLines(ill, writtenTerminal(columns, { NO_COLOR: '1' })))
      expect(widthOf(line), line).toBeLessThanOrEqual(columns);
  });

  it('can be told without Unicode', () => {
    const text = doctorLines(examine(well), writtenTerminal(undefined, { LANG: 'C' })).join('\n');
    expect(text).toMatch(/^[\x20-\x7e\n]+$/);
    expect(text).toContain('OK engine        Docker');
  });
});
