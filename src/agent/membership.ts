import type { StatusReport, TeamReport } from '../control/api.js';
import { P2pimgError } from '../error.js';
import { writeInvite } from '../trust/invite.js';
import type { TeamStore } from '../trust/team-store.js';

/** How long at most until it is looked whether a grace is over: a clock can be set, and a machine can sleep. */
const lookEveryMs = 30_000;

/** This device's place in a team: what a person does about it, and the end of a former team's grace. */
export class Membership {
  readonly #teams: TeamStore;
  readonly #changed: () => void;
  readonly #mayWrite: () => boolean;
  #timer: NodeJS.Timeout | undefined;

  /** `changed` is called when the device is in another team, or no longer in a former one. Only the agent writes unasked. */
  constructor(teams: TeamStore, changed: () => void, mayWrite: () => boolean) {
    this.#teams = teams;
    this.#changed = changed;
    this.#mayWrite = mayWrite;
    this.#await();
  }

  async show(): Promise<TeamReport> {
    const { team, members, grace } = this.#teams;
    if (team === undefined) throw new P2pimgError('NO_TEAM', 'this device is in no team');
    const names = members.map(({ name }) => name);
    return { tag: team.tag, invite: writeInvite(team), members: names, ...(grace && { grace }) };
  }

  async create(replace: boolean): Promise<TeamReport> {
    await this.#teams.create({ replace });
    return this.#entered();
  }

  async join(invite: string, replace: boolean, graceMs: number): Promise<TeamReport> {
    await this.#teams.join(invite, { replace, graceMs });
    return this.#entered();
  }

  async rotate(graceMs: number): Promise<TeamReport> {
    await this.#teams.rotate(graceMs);
    return this.#entered();
  }

  async leave(): Promise<void> {
    await this.#teams.leave();
    this.#changed();
    this.#await();
  }

  /** As `status` tells it. */
  report(): StatusReport['team'] {
    const { team, members, grace } = this.#teams;
    return team && { tag: team.tag, joinedBy: members.length, ...(grace && { grace }) };
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #entered(): Promise<TeamReport> {
    this.#changed();
    this.#await();
    return this.show();
  }

  /** Waits for the end of the grace. What is kept of it on the disk goes then, and all that stands on it is cut. */
  #await(): void {
    clearTimeout(this.#timer);
    const { graceEndsAt } = this.#teams;
    if (graceEndsAt === undefined) return;
    const left = graceEndsAt - Date.now();
    this.#timer = setTimeout(
      () => {
        if (graceEndsAt > Date.now()) {
          this.#await();
          return;
        }
        // A disk that is full now is no reason to go on with it: the time itself is what counts.
        if (this.#mayWrite()) this.#teams.endGrace().catch(() => undefined);
        this.#changed();
      },
      Math.min(Math.max(left, 0), lookEveryMs),
    ).unref();
  }
}
