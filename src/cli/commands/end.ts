/** Takes a command's exit code. */
export type End = (exitCode: number) => void;

/** The option of commands that print one report. */
export const asJson = ['--json', 'print JSON, for programs'] as const;
