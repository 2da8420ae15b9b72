/// <reference path="../readme-programs.d.ts" />

import { start } from 'readme:aun-client';
import type { AUNClient } from 'aun-client/browser';
import type { Network } from './client-agent.js';

const texts: string[] = [];
let client: AUNClient | null = null;

export const run = async (
  aid: string,
  network: Network,
): Promise<{ aid: string | null; state: string | undefined }> => {
  client = await start(aid, (text) => texts.push(text), network);
  return { aid: client.aid, state: client.state };
};
export const shown = (): readonly string[] => texts;
export const say = async (to: string, text: string): Promise<void> => {
  await client?.message.send({ to, payload: { text } }, { durable: true });
};
