import type { Clock, JsonObject } from 'aun-core';
import { type NetworkOptions, preAuthCall } from 'aun-transport';

/** One request of somebody who is not logged in yet (01 §7). Tests replace it. */
export type PreAuth = (gatewayUrl: string, method: string, params: JsonObject) => Promise<JsonObject>;

export const socketPreAuth =
  (network: NetworkOptions, clock: Clock): PreAuth =>
  (gatewayUrl, method, params) =>
    preAuthCall(gatewayUrl, method, params, { ...network, clock });
