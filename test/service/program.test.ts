import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/service/program.js';

describe.skipIf(process.platform === 'win32')('a program', () => {
  it('that a signal ends has ended, as systemd-notify does when its whole service is stopped', async () => {
    const ended = await runProgram('sh', '-c', 'echo before; kill -TERM $$');
    expect(ended).toEqual({ type: 'ended', code: 143, stdout: 'before\n', stderr: '' });
  });
});
