/** One word that may stand there, and what it is. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}
