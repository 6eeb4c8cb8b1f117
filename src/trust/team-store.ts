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

/** The team that this device is in, and who of it has been met. */
export interface Membership {
  readonly team: Team;
  readonly members: readonly Member[];
  /** The team before, and until when it holds beside this one, in milliseconds since 1970. */
  readonly former?: { readonly team: Team; readonly until: number } | undefined;
}

/** Whether another team may be left for the new one. */
export interface JoinOptions {
  readonly replace?: boolean;
  /** How long the team before holds beside the new one; not at all by default. */
  readonly graceMs?: number;
}

const secretSchema = v.pipe(v.string(), v.regex(/^[\w-]{43}$/));

const storedSchema = v.object({
  secret: secretSchema,
  former: v.optional(v.object({ secret: secretSchema, until: v.pipe(v.number(), v.integer()) })),
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

  /** The team before, while it has its grace. */
  get former(): Team | undefined {
    return this.grace && this.#membership?.former?.team;
  }

  /** When the grace of the team before ends, or ended without being cleared away; in milliseconds since 1970. */
  get graceEndsAt(): number | undefined {
    return this.#membership?.former?.until;
  }

  /** The grace of the team before, while it lasts: until when, in RFC 3339. */
  get grace(): { readonly until: string } | undefined {
    const { graceEndsAt } = this;
    if (graceEndsAt === undefined || graceEndsAt <= Date.now()) return undefined;
    return { until: new Date(graceEndsAt).toISOString() };
  }

  /** Whether this device is in that team, be it by grace. */
  holds({ tag }: Team): boolean {
    return this.team?.tag === tag || this.former?.tag === tag;
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

  /** Gives the team a new secret, so that the old invite is void at once, or after a grace; throws `NO_TEAM`. */
  rotate(graceMs: number): Promise<Team> {
    return this.#inTurn(async () => {
      if (this.#membership === undefined) throw new P2pimgError('NO_TEAM', 'this device is in no team');
      return this.#enter(Team.create(), { replace: true, graceMs });
    });
  }

  /** Forgets the secret of the team before. */
  endGrace(): Promise<void> {
    return this.#inTurn(async () => {
      const now = this.#membership;
      if (now?.former !== undefined) await this.#write({ team: now.team, members: now.members });
    });
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
      await this.#write({ ...now, members: [...others, { peerId, name }] });
    });
  }

  async #enter(team: Team, { replace = false, graceMs = 0 }: JoinOptions): Promise<Team> {
    const now = this.#membership;
    if (now?.team.tag === team.tag) return now.team;
    const former = now && graceMs > 0 ? { team: now.team, until: Date.now() + graceMs } : undefined;
    if (now !== undefined && now.members.length > 0 && !replace && former === undefined)
      throw new P2pimgError('TEAM_IN_USE', 'this device is in another team', {
        members: now.members.map(({ name }) => name),
      });
    await this.#write({ team, members: [], former });
    return team;
  }

  async #write(membership: Membership): Promise<void> {
    const { team, members, former } = membership;
    const stored = {
      secret: textOf(team),
      ...(former && { former: { secret: textOf(former.team), until: former.until } }),
      members,
    };
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
    const { secret, members, former } = v.parse(storedSchema, JSON.parse(text));
    return {
      team: teamOf(secret),
      members,
      former: former && { team: teamOf(former.secret), until: former.until },
    };
  } catch {
    // Without the cause: a parser's words can quote the file, and the file is a secret.
    throw unusable(file, 'is damaged');
  }
}

const textOf = ({ secret }: Team): string => secret.toString('base64url');

function teamOf(text: string): Team {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== secretLength) throw new RangeError('the secret has another length');
  return new Team(bytes);
}
