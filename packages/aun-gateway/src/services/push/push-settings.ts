/** Offline push (04 §19); off while nobody may be told. */
export interface PushSettings {
  /** Push agents that may be told of waiting messages. */
  readonly allowedNotifyAids: readonly string[];
  readonly windowMs: number;
  readonly windowMessages: number;
  readonly coolDownMs: number;
  readonly perAgentPerMinute: number;
  readonly totalPerMinute: number;
  readonly ackTimeoutMs: number;
}

export const defaultPushSettings: PushSettings = {
  allowedNotifyAids: [],
  windowMs: 5_000,
  windowMessages: 20,
  coolDownMs: 60_000,
  perAgentPerMinute: 1_000,
  totalPerMinute: 5_000,
  ackTimeoutMs: 30_000,
};
