import type {
  CheckAgentMdResult,
  FetchAgentMdResult,
  HeadAgentMdResult,
  UploadAgentMdResult,
} from 'aun-agentmd';
import type { Result } from 'aun-core';
import type { AnyAid } from '../aid.js';
import type { Environment } from '../environment.js';
import type { AIDInfo, DiagnoseResult, RekeyResult, RenewResult, ResolveOpts } from '../store/types.js';

/** What the old namespaces of the client need of the store that made an AID. */
export interface LegacyStore<A extends AnyAid = AnyAid> {
  loadAsync(aid: string): Promise<Result<{ aid: A }>>;
  listAsync(): Promise<Result<{ identities: AIDInfo[] }>>;
  register(aid: string): Promise<Result<{ registered: true }>>;
  resolve(aid: string, options?: ResolveOpts): Promise<Result<{ aid: A }>>;
  diagnose(aid: string): Promise<Result<DiagnoseResult>>;
  renewCert(aid: string): Promise<Result<RenewResult>>;
  rekey(aid: string): Promise<Result<RekeyResult>>;
  uploadAgentMd(aid: string, content?: string): Promise<Result<UploadAgentMdResult>>;
  fetchAgentMd(aid: string): Promise<Result<FetchAgentMdResult>>;
  checkAgentMd(aid: string, ttlDays?: number): Promise<Result<CheckAgentMdResult>>;
  headAgentMd(aid: string): Promise<Result<HeadAgentMdResult>>;
}

const stores = new WeakMap<Environment, LegacyStore>();

export const rememberStore = (environment: Environment, store: LegacyStore): void => {
  stores.set(environment, store);
};

export const storeOf = (environment: Environment): LegacyStore | null => stores.get(environment) ?? null;
