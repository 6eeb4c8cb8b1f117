import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { P2pimgError } from '../error.js';
import type { PeerId } from '../wire/peer-id.js';
import { readInvite } from './invite.js';
import { readSecretFile, replaceSecretFile, unusable } from './secret-file.js';
import { secretLength, Team } from './team.js';

/** A device that once proved that it is in the team, by the name that it had then. */
export interface Member {
  readonly peerId: PeerId;
  readonly name: string;
}

/** So many members are remembered; the one that was noted first is forgotten first. */
export const maximumMembers = 1_000;

/** The team that this device is in, and who of it has been met. */
export interface Membership {
  readonly team: Team;
  readonly members: readonly Member[];
}

/** Whether another team may be left for the new one. */
export interface JoinOptions {
  readonly replace?: boolean;
}

const storedSchema = v.object({
  secret: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
  members: v.array(
    v.object({
      peerId: v.pipe(
        v.string(),
        v.regex(/^[0-9a-f]{64}$/),
        v.transform((text) => text as PeerId),
      ),
      name: v.string(),
    }),
  ),
});

/** `team.json` in a folder: one process at a time may have a store on it. */
export class TeamStore {
  readonly #file: string;
  #membership: Membership | undefined;
  #last: Promise<unknown>;

  private constructor(file: string, membership: Membership | undefined) {
    this.#file = file;
    this.#membership = membership;
    this.#last = Promise.resolve();
  }

  /** Reads the file; throws `SECRET_EXPOSED`, and `CONFIG_INVALID` for a damaged file, which is left as it is. */
  static async open(folder: string): Promise<TeamStore> {
    const file = join(folder, 'team.json');
    const text = await readSecretFile(file);
    return new TeamStore(file, text === undefined ? undefined : parseMembership(file, text));
  }

  get team(): Team | undefined {
    return this.#membership?.team;
  }

  get members(): readonly Member[] {
    return this.#membership?.members ?? [];
  }

  /** Makes a team with this device alone in it; throws `TEAM_IN_USE` as `join` does. */
  create(options: JoinOptions = {}): Promise<Team> {
    return this.#inTurn(() => this.#enter(Team.create(), options));
  }

  /**
   * Joins an invite's team. A team that nobody else joined is left for it without a word; for any other it throws
   * `TEAM_IN_USE` with the members' names, unless told to replace it. Throws `INVITE_INVALID`.
   */
  join(invite: string, options: JoinOptions = {}): Promise<Team> {
    return this.#inTurn(() => this.#enter(readInvite(invite), options));
  }

  /** Forgets the team, its secret and its members. */
  leave(): Promise<void> {
    return this.#inTurn(async () => {
      await rm(this.#file, { force: true });
      this.#membership = undefined;
    });
  }

  /** Notes a device that has proved that it is in this team; nothing where this device has left that team since. */
  recordMember(team: Team, member: Member): Promise<void> {
    return this.#inTurn(async () => {
      const now = this.#membership;
      if (now?.team.tag !== team.tag) return;
      const known = now.members.find(({ peerId }) => peerId === member.peerId);
      if (known?.name === member.name) return;
      const { peerId, name } = member;
      const others = now.members.filter((each) => each !== known);
      await this.#write({ team: now.team, members: [...others.slice(1 - maximumMembers), { peerId, name }] });
    });
  }

  async #enter(team: Team, { replace = false }: JoinOptions): Promise<Team> {
    const now = this.#membership;
    if (now?.team.tag === team.tag) return now.team;
    if (now !== undefined && now.members.length > 0 && !replace)
      throw new P2pimgError('TEAM_IN_USE', 'this device is in another team', {
        members: now.members.map(({ name }) => name),
      });
    await this.#write({ team, members: [] });
    return team;
  }

  async #write(membership: Membership): Promise<void> {
    const stored = { secret: membership.team.secret.toString('base64url'), members: membership.members };
    await replaceSecretFile(this.#file, `${JSON.stringify(stored, null, 2)}\n`);
    this.#membership = membership;
  }

  /** Changes wait for each other, so that none is lost. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function parseMembership(file: string, text: string): Membership {
  try {
    const { secret, members } = v.parse(storedSchema, JSON.parse(text));
    const bytes = Buffer.from(secret, 'base64url');
    if (bytes.length !== secretLength) throw new RangeError('the secret has another length');
    return { team: new Team(bytes), members };
  } catch {
    // Without the cause: a parser's words can quote the file, and the file is a secret.
    throw unusable(file, 'is damaged');
  }
}
