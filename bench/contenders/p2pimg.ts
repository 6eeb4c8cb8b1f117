import { fileURLToPath } from 'node:url';
import { Device } from '../../test/lab/device.js';
import { until } from '../../test/lab/until.js';
import { timed } from '../timed.js';
import { Usage } from '../used.js';
import type { Candidate } from './contender.js';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Ours: an agent on each side, and `p2pimg get`. */
export const p2pimg: Candidate = {
  name: 'p2pimg',
  packages: [],
  async begin({ source, receiver, undo, signal }) {
    const devices = [source, receiver].map((workstation) => new Device(workstation));
    for (const device of devices) undo.add(() => device.reset());
    const [giver, getter] = (await Device.started(devices, {})) as [Device, Device];
    return {
      forget: async () => {},
      awaitImage: async (name) => {
        const ls = () => getter.json<{ images: unknown[] }>(['ls', name]);
        await until(ls, ({ images }) => images.length > 0);
      },
      bring: async (name) => {
        const usage = await Promise.all([giver, getter].map(({ pid }) => Usage.from(pid)));
        const command = `${process.execPath} ${cli} get ${name}`;
        const seconds = await timed(receiver, command, { env: getter.env, signal });
        const [givers, getters] = await Promise.all(usage.map((one) => one.sofar()));
        return givers === undefined || getters === undefined
          ? { seconds }
          : { seconds, agents: { source: givers, receiver: getters } };
      },
    };
  },
};
