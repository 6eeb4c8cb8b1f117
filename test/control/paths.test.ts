import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { paths } from '../../src/control/paths.js';

describe.skipIf(process.platform === 'win32')('the folders', () => {
  it('are all inside P2PIMG_HOME', () => {
    expect(paths({ P2PIMG_HOME: '/home/mara/p2' })).toEqual({
      config: '/home/mara/p2/config',
      state: '/home/mara/p2/state',
      runtime: '/home/mara/p2/run',
      socket: '/home/mara/p2/run/agent.sock',
    });
  });

  it('make a home that is a relative path absolute', () => {
    expect(paths({ P2PIMG_HOME: 'here' }).config).toBe(join(process.cwd(), 'here', 'config'));
  });

  it("keep the socket in the session's runtime folder", () => {
    const { runtime, socket, config } = paths({ XDG_RUNTIME_DIR: '/run/user/1000' });
    expect(runtime).toBe('/run/user/1000/p2pimg');
    expect(socket).toBe('/run/user/1000/p2pimg/agent.sock');
    expect(config).toMatch(/p2pimg$/);
  });

  it('put a socket whose path would be too long into a short folder of its own', () => {
    const long = `/home/mara/${'deep/'.repeat(20)}`;
    const { runtime, socket, state } = paths({ P2PIMG_HOME: long });
    expect(dirname(runtime)).toBe(tmpdir());
    expect(runtime).toContain(`p2pimg-${process.getuid?.()}-`);
    expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(100);
    expect(state).toBe(join(long, 'state'));
    expect(paths({ P2PIMG_HOME: long }).socket).toBe(socket);
    expect(paths({ P2PIMG_HOME: `${long}other` }).socket).not.toBe(socket);
  });
});
