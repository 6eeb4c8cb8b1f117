/** What a service runs: the agent, by whole paths, with the environment that it would not have there by itself. */
export interface AgentCommand {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** How the service is at the moment. */
export interface ServiceStatus {
  /** `systemd`, `launchd` or `the task scheduler`. */
  readonly by: string;
  /** What `install` wrote; absent where that is no file. */
  readonly file?: string | undefined;
  /** `absent`: not installed. `failed`: it ended by itself, and is not tried again for now. */
  readonly state: 'absent' | 'stopped' | 'starting' | 'running' | 'failed';
  /** Whether it starts at the next login. */
  readonly atLogin: boolean;
  readonly pid?: number | undefined;
  /** Why it failed, as the manager puts it. */
  readonly reason?: string | undefined;
}

/**
 * The agent as a service of one user. All are idempotent and ask nothing. Throws `SERVICE_FAILED` for what the
 * manager refuses.
 */
export interface Service {
  /** Writes and enables it, and starts it anew where what it runs has changed; resolves when it is under way. */
  install(agent: AgentCommand): Promise<void>;
  /** Stops it, and takes away all that `install` made. */
  uninstall(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): Promise<ServiceStatus>;
  /** The command that shows what it logged, the last so many lines, and then what comes; absent where nothing is kept. */
  logs(lines: number, follow: boolean): readonly string[] | undefined;
}
