const DAY_MS = 24 * 60 * 60 * 1000;

/** How long consumed prekeys are kept (03 §10). */
export const retentionRules = {
  /** Newest stored prekeys that are never destroyed. */
  recentGenerations: 7,
  /** Time since the last reference before a tracked prekey may go, ms. */
  destroyDelayMs: 7 * DAY_MS,
  /** Age beyond which any prekey but the current one goes, ms. */
  hardLimitMs: 180 * DAY_MS,
} as const;

/** Highest seq whose row named an old prekey, and when that was. */
export interface PrekeyReference {
  readonly maxSeq: number;
  /** Unix ms. */
  readonly at: number;
}

/** Remembers which old prekeys pulled rows still name (03 §10, "Track"). A lower seq changes nothing. */
export class OldPrekeyTracker {
  readonly #references = new Map<string, PrekeyReference>();

  track(spkId: string, seq: number, now: number): void {
    const known = this.#references.get(spkId);
    if (known === undefined || seq > known.maxSeq) this.#references.set(spkId, { maxSeq: seq, at: now });
  }

  forget(spkId: string): void {
    this.#references.delete(spkId);
  }

  get references(): ReadonlyMap<string, PrekeyReference> {
    return this.#references;
  }
}

export interface RetentionInput {
  /** Stored prekeys of one group id, newest first. */
  readonly stored: readonly { readonly spkId: string; readonly createdAt: number }[];
  readonly references: ReadonlyMap<string, PrekeyReference>;
  /** Contiguous acknowledged seq. */
  readonly cursor: number;
  /** Unix ms. */
  readonly now: number;
}

/** Ids of the prekeys to destroy after an acknowledgement; the newest stored one is current and stays (03 §10). */
export function prekeysToDestroy({ stored, references, cursor, now }: RetentionInput): string[] {
  return stored
    .filter(({ spkId, createdAt }, generation) => {
      if (generation === 0) return false;
      if (now - createdAt > retentionRules.hardLimitMs) return true;
      const reference = references.get(spkId);
      return (
        reference !== undefined &&
        generation >= retentionRules.recentGenerations &&
        cursor >= reference.maxSeq &&
        now - reference.at >= retentionRules.destroyDelayMs
      );
    })
    .map(({ spkId }) => spkId);
}
