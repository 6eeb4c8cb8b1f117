/** What the receiver has already and what must go. `bytesExact` is false where the source's engine only estimates. */
export interface PlanEvent {
  readonly type: 'plan';
  readonly layers: number;
  readonly layersHere: number;
  readonly bytesHere: number;
  readonly bytesToGo: number;
  readonly bytesExact: boolean;
}

/** How much has come, in bytes of blobs; at most ten a second. */
export interface ProgressEvent {
  readonly type: 'progress';
  readonly received: number;
  readonly total: number;
  readonly totalExact: boolean;
}

/** The same over a network; `wire` counts what crossed it. */
export interface WireProgressEvent extends ProgressEvent {
  readonly wire: number;
}
