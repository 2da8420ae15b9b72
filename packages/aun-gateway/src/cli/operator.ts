import { join } from 'node:path';
import { noopLogger, systemClock } from 'aun-core';
import { randomBytes } from 'aun-crypto';
import { type CertificateOffice, openCertificateOffice } from '../ca/open-ca.js';
import type { GatewayConfig } from '../config/schema.js';
import { prepareDataFolder } from '../data-folder.js';
import { createIdentityPlane, type IdentityPlane } from '../identity-plane.js';
import { openDatabase } from '../store/database.js';
import { createGroupCommit } from '../store/group-commit.js';
import { migrations } from '../store/migrations/all.js';
import { migrate } from '../store/migrations.js';

/** CA and database as an operator command sees them; a running gateway notices the changes within a second. */
export interface Operator {
  readonly config: GatewayConfig;
  readonly office: CertificateOffice;
  readonly identity: IdentityPlane;
}

/** Opens CA and database for one piece of work and closes them again. */
export const asOperator = async <T>(
  config: GatewayConfig,
  work: (operator: Operator) => Promise<T>,
): Promise<T> => {
  const dataDir = prepareDataFolder(config.dataDir);
  const settled = { ...config, dataDir };
  const clock = systemClock;
  const office = await openCertificateOffice(settled, clock);
  const db = openDatabase(join(dataDir, 'gateway.db'));
  try {
    migrate(db, migrations, clock.now());
    const identity = createIdentityPlane({
      config: settled,
      office,
      db,
      commit: createGroupCommit(db, noopLogger),
      clock,
      random: randomBytes,
      audit: noopLogger,
      onAgentMdChanged: () => {},
    });
    return await work({ config: settled, office, identity });
  } finally {
    db.close();
  }
};
