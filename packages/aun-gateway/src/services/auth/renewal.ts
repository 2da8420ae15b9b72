import type { CertRow } from '../../store/tables/identity.js';
import type { AuthDeps } from './deps.js';

/** A new certificate for the same key. A race with another renewal ends with the winner's certificate. */
export const renew = async (deps: AuthDeps, active: CertRow): Promise<CertRow> =>
  (await deps.registrar.replace(
    active,
    deps.certificates.stored(active.pem, active.serial).publicKey,
    'renew',
  )) ??
  deps.store.active(active.aid) ??
  active;

const isDue = ({ config, clock }: AuthDeps, row: CertRow): boolean => {
  const age = clock.now() / 1000 - row.not_before;
  return age > (row.not_after - row.not_before) * config.ca.renewAfterFraction;
};

/**
 * The certificate to hand out as `new_cert` (01 §9.2): a renewed one when the active one is past its half life, or the
 * active one when the client still uses an older certificate of the same key.
 */
export const certificateToAdopt = async (
  deps: AuthDeps,
  aid: string,
  presented: CertRow | undefined,
): Promise<CertRow | undefined> => {
  const active = deps.store.active(aid);
  if (active === undefined) return undefined;
  if (isDue(deps, active)) return renew(deps, active);
  if (presented === undefined || presented.serial === active.serial) return undefined;
  return presented.spki_sha256 === active.spki_sha256 ? active : undefined;
};

export const adoptMembers = (row: CertRow | undefined) =>
  row === undefined ? {} : { new_cert: row.pem, active_cert: row.pem };
