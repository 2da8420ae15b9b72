import { issuerOf, type JsonObject } from 'aun-core';

/** The issuers whose domain a call belongs to, from its params and its caller (02 §20.2). */
export type HomeRule = (params: JsonObject, callerAid: string) => readonly string[];

const issuerIn = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [issuerOf(value.trim().toLowerCase())] : [];

const ofParam =
  (name: string): HomeRule =>
  (params) =>
    issuerIn(params[name]);

export interface FederatedMethod {
  readonly home: HomeRule;
  /** It changes something: its outcome is remembered, so that a retry does not run it twice. */
  readonly mutating: boolean;
  /** Counts against the rate of messages of a foreign AID. */
  readonly isMessage: boolean;
}

/**
 * Every method that gateways relay, with its home. What is not listed stays at home. `message.recall` belongs to
 * whoever stores the messages: any gateway that is asked.
 */
export const federatedMethods: Readonly<Record<string, FederatedMethod>> = {
  'message.send': { home: ofParam('to'), mutating: true, isMessage: true },
  'message.thought.put': { home: ofParam('to'), mutating: true, isMessage: true },
  'message.thought.get': {
    home: (params, caller) => issuerIn(params.peer_aid ?? params.to ?? caller),
    mutating: false,
    isMessage: false,
  },
  'message.v2.bootstrap': { home: ofParam('peer_aid'), mutating: false, isMessage: false },
  'message.recall': { home: () => [], mutating: true, isMessage: false },
  'message.query_online': {
    home: ({ aids }) => (Array.isArray(aids) ? aids.flatMap(issuerIn) : []),
    mutating: false,
    isMessage: false,
  },
};

/** What `federation.hello` names. */
export const federatedNamespaces: readonly string[] = [
  ...new Set([...Object.keys(federatedMethods).map((method) => method.split('.', 1)[0] ?? ''), 'notify']),
];

export const federatedMethod = (method: string): FederatedMethod | undefined =>
  Object.hasOwn(federatedMethods, method) ? federatedMethods[method] : undefined;
